import CLinux
import Glibc

/// The process that opened something, as against its children by fork(2), which inherit it.
struct OpeningProcess: Sendable {
    private let mark: UInt32

    /// This process.
    init() throws(ExchangeError) {
        mark = clinux_process_mark()
        guard mark != 0 else { throw .failed(call: "madvise", errno: errno) }
    }

    /// Whether it is this process.
    var isThis: Bool { clinux_process_mark() == mark }

    /// Throws `inherited` in another process.
    func check() throws(ExchangeError) {
        guard isThis else { throw .inherited }
    }
}
