import Glibc
import POSIX
import Varlink

/// Somebody who comes anew each time: connects, takes a lease and leaves.
struct Newcomer {
    /// As whom it connects; the kernel keeps who that was.
    let userID: UInt32
    private let path: String
    private let acquire = RequestBytes.acquire("a")

    init(userID: UInt32, _ path: String) { (self.userID, self.path) = (userID, path) }

    /// The times from connect(2) to the reply.
    func times(_ count: Int) throws -> Samples {
        guard seteuid(userID) == 0 else { throw BenchmarkError.call("seteuid", errno: errno) }
        defer { seteuid(0) }
        var times = Samples()
        for _ in 0..<count {
            // Who comes again at once finds others still asleep behind him.
            usleep(1000)
            let start = Moment.now
            try visit()
            times.record(nanoseconds: .now - start)
            try Interruption.check()
        }
        return times
    }

    private func visit() throws {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        guard UnixAddress(path)?.withPointer({ connect(socket, $0, $1) }) == 0 else {
            throw BenchmarkError.call("connect", errno: errno)
        }
        guard send(socket, acquire, acquire.count, Int32(MSG_NOSIGNAL)) == acquire.count else {
            throw BenchmarkError.call("send", errno: errno)
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { throw BenchmarkError.noReply(from: path) }
        guard !RequestBytes.isError(buffer[..<count]) else {
            throw BenchmarkError.refused(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
