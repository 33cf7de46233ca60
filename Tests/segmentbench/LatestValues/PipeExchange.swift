import Glibc
import SegmentTestSupport

/// Messages of 64 bytes through pipes, with `segmentbench-baselines messages` on the other side.
final class PipeExchange {
    private var to: (read: Int32, write: Int32)
    private var from: (read: Int32, write: Int32)
    private let partner: ChildProcess
    private var message = [UInt8](repeating: 0, count: 64)

    init(_ work: String) throws {
        to = try Self.makePipe()
        from = try Self.makePipe()
        partner = try ChildProcess(
            WorkingDirectory.baselines + ["messages", work],
            input: to.read,
            output: from.write
        )
    }

    deinit {
        for end in [to.read, to.write, from.read, from.write] { close(end) }
    }

    func write() throws {
        guard Glibc.write(to.write, message, message.count) == message.count else {
            throw BenchmarkError.call("write", errno: errno)
        }
    }

    func read() throws {
        guard Glibc.read(from.read, &message, message.count) == message.count else {
            throw BenchmarkError.call("read", errno: errno)
        }
    }

    func handOver() throws {
        try write()
        try read()
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchmarkError.call("pipe", errno: errno) }
        // What a child is given, it is given by number.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
