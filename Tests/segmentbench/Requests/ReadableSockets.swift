import CLinux
import Glibc

/// Which of many sockets are readable; epoll(7), whose cost does not grow with those that are not.
final class ReadableSockets {
    private let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    deinit { close(descriptor) }

    /// Watches a socket, under a number of the caller's, until it is closed.
    func add(_ socket: Int32, as number: Int) {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: UInt64(number)))
        epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event)
    }

    /// Calls `body` with the number of each that is readable; waits until one is, for 10 s at most.
    ///
    /// Returns whether there was one.
    func forEach(_ body: (Int) throws -> Void) rethrows -> Bool {
        let count = Int(epoll_wait(descriptor, &events, Int32(events.count), 10_000))
        guard count > 0 else { return false }
        for index in 0..<count { try body(Int(events[index].data.u64)) }
        return true
    }
}
