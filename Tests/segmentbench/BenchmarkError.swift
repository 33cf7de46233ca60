import Glibc

/// Why nothing could be measured.
enum BenchmarkError: Error, CustomStringConvertible {
    case call(String, errno: Int32)
    /// A program that was started has not said READY=1; the end of what it wrote.
    case notReady(String, log: String)
    /// What came instead of a reply.
    case refused(String)
    case noReply(from: String)
    /// By a signal.
    case interrupted

    var description: String {
        switch self {
        case .call(let call, let errno): "\(call): \(String(cString: strerror(errno)))"
        case .notReady(let program, let log): "\(program) did not become ready: \(log)"
        case .refused(let reply): "the reply is an error: \(reply)"
        case .noReply(let path): "no reply from \(path)"
        case .interrupted: "interrupted"
        }
    }
}
