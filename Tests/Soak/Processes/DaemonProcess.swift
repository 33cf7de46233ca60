import Glibc
import SegmentClient
import SegmentTestSupport

/// The real daemon on a directory of its own, which is started and ended many times.
final class DaemonProcess {
    let directory: String
    private let notify: NotifyListener
    private(set) var process: ChildProcess

    var socket: String { directory + "/socket" }
    private var log: String { directory + "/log" }

    /// Takes the daemon that was built beside this program.
    init(in directory: String) throws {
        self.directory = directory
        notify = try NotifyListener(directory + "/notify")
        process = try Self.start(in: directory)
        try awaitReady()
    }

    private static func start(in directory: String) throws -> ChildProcess {
        let program = CommandLine.arguments[0]
        let built = program.lastIndex(of: "/").map { program[..<$0] } ?? "."
        return try ChildProcess(
            [
                "\(built)/segmentd", "--config", "\(directory)/config", "--socket", "\(directory)/socket",
                "--state", "\(directory)/state",
            ],
            // Twice in this time it looks at what nobody tells of, as otherwise every 15 s.
            environment: ["NOTIFY_SOCKET": "\(directory)/notify", "WATCHDOG_USEC": "1000000"],
            errors: "\(directory)/log"
        )
    }

    /// Ends it by a signal, and checks that it ends so.
    func end(_ signal: Int32) throws {
        process.signal(signal)
        let status = process.wait()
        let expected = signal == SIGKILL ? 128 + SIGKILL : 0
        guard status == expected else { throw Surprise("segmentd ends with \(status) on signal \(signal)") }
    }

    /// Takes what it tells the service manager: sd_notify(3) waits where nobody does.
    func hearOut() {
        notify.drain()
    }

    func start() throws {
        hearOut()
        process = try Self.start(in: directory)
        try awaitReady()
    }

    private func awaitReady() throws {
        while let message = notify.next(within: 20_000) {
            if message.contains("READY=1") { return }
        }
        throw Surprise("segmentd is not ready")
    }

    /// The names that have a record.
    var records: [String] {
        names(in: directory + "/state").filter { $0.hasSuffix(".record") }.map { String($0.dropLast(7)) }
            .sorted()
    }

    /// How many descriptors it has open.
    var descriptors: Int { names(in: "/proc/\(process.identifier)/fd").count }

    /// Its resident memory, in KiB.
    var residentMemory: Int {
        let text = contents(of: "/proc/\(process.identifier)/status")
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

    /// The end of its log.
    var lastWords: String { String(contents(of: log).suffix(3000)) }

    private func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private func contents(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
            contents += buffer[..<count]
        }
        return String(decoding: contents, as: UTF8.self)
    }
}

/// The world is not as the model says.
struct Surprise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
