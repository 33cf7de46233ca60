import Glibc

/// A file by one of the ways of `segmentbench-baselines transfer`.
enum BaselineTransfer {
    /// As the program measures it, in ns.
    static func run(_ way: String, _ files: TransferFiles, in directory: WorkingDirectory) throws -> UInt64 {
        try BaselineTime.run(["transfer", way, files.source, files.target], in: directory)
    }
}

/// What `segmentbench-baselines` measures and prints.
enum BaselineTime {
    /// In ns.
    static func run(_ arguments: [String], in directory: WorkingDirectory) throws -> UInt64 {
        let program = WorkingDirectory.program("segmentbench-baselines")
        let times = directory.path + "/time"
        try Child([program] + arguments, output: times, empty: true).expectSuccess()
        guard let file = fopen(times, "r") else { throw BenchmarkError.call("fopen", errno: errno) }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 64)
        fgets(&text, 64, file)
        let digits = text.prefix { $0 >= 0x30 && $0 <= 0x39 }.map(UInt8.init(bitPattern:))
        guard let time = UInt64(String(decoding: digits, as: UTF8.self)) else {
            throw BenchmarkError.noReply(from: program)
        }
        return time
    }
}
