import CLinux
import POSIX
import SystemPackage

/// The process that opened something, as against its children by fork(2), which inherit it.
struct OpeningProcess: Sendable {
    private let mark: UInt32

    /// This process.
    init() throws(ExchangeError) {
        do throws(Errno) { _ = try valueOrErrno { clinux_process_mark() == 0 ? -1 : 0 } } catch {
            throw .failed(call: "madvise", errno: error.rawValue)
        }
        mark = clinux_process_mark()
    }

    /// Whether it is this process.
    var isThis: Bool { clinux_process_mark() == mark }

    /// Throws `inherited` in another process.
    func check() throws(ExchangeError) {
        guard isThis else { throw .inherited }
    }
}
