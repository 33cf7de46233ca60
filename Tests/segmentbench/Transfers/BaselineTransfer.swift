import Glibc
import SegmentTestSupport

/// A file by one of the ways of `segmentbench-baselines transfer`.
enum BaselineTransfer {
    /// As the program measures it, in ns.
    static func run(_ way: String, _ files: TransferFiles) throws -> UInt64 {
        try BaselineTime.run(["transfer", way, files.source, files.target])
    }
}

/// What `segmentbench-baselines` measures and prints.
enum BaselineTime {
    /// In ns.
    static func run(_ arguments: [String]) throws -> UInt64 {
        guard let conversation = Conversation() else { throw BenchmarkError.call("pipe", errno: errno) }
        let program = try ChildProcess(WorkingDirectory.baselines + arguments, conversation: conversation)
        guard let time = conversation.answer().flatMap({ UInt64($0) }), program.wait() == 0 else {
            throw BenchmarkError.noReply(from: arguments.joined(separator: " "))
        }
        return time
    }
}
