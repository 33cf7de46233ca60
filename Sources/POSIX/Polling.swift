import CLinux
import Glibc
package import SystemPackage

/// What a descriptor is waited for, and what it is ready for; poll(2).
package struct PollEvents: OptionSet, Sendable {
    package let rawValue: Int16
    package init(rawValue: Int16) { self.rawValue = rawValue }

    package static let read = PollEvents(rawValue: Int16(POLLIN))
    package static let write = PollEvents(rawValue: Int16(POLLOUT))
    /// Told whatever is waited for.
    package static let error = PollEvents(rawValue: Int16(POLLERR))
}

extension FileDescriptor {
    /// Whether a call would not have to wait now; what has an error or a hang-up is ready, too: the call tells.
    package func isReady(for events: PollEvents) -> Bool {
        var entry = pollfd(fd: rawValue, events: events.rawValue, revents: 0)
        return unsafe poll(&entry, 1, 0) > 0
    }

    /// Waits until it is ready, and says for what; nothing once the deadline has passed.
    @discardableResult
    package func wait(for events: PollEvents, until deadline: Deadline = .never) throws(Errno) -> PollEvents {
        var entry = pollfd(fd: rawValue, events: events.rawValue, revents: 0)
        while true {
            let ready = unsafe poll(&entry, 1, deadline.milliseconds)
            if ready > 0 { return PollEvents(rawValue: entry.revents) }
            guard ready == 0 || errno == EINTR else { throw Errno(rawValue: errno) }
            if ready == 0, deadline.hasPassed { return [] }
        }
    }

    /// Waits until this is ready, or another one to be read if there is one; neither after so many milliseconds, if not
    /// negative, or a signal.
    package func wait(
        for events: PollEvents,
        or other: FileDescriptor?,
        milliseconds: Int32
    ) throws(Errno) -> (isReady: Bool, otherIsReady: Bool) {
        // A negative descriptor is none.
        var entries: InlineArray<2, pollfd> = [
            pollfd(fd: rawValue, events: events.rawValue, revents: 0),
            pollfd(fd: other?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        var span = entries.mutableSpan
        let ready = unsafe span.withUnsafeMutableBufferPointer {
            unsafe poll($0.baseAddress, 2, milliseconds)
        }
        guard ready >= 0 || errno == EINTR else { throw Errno(rawValue: errno) }
        return ready > 0 ? (entries[0].revents != 0, entries[1].revents != 0) : (false, false)
    }
}

/// A standard stream may be shared with a program that has set O_NONBLOCK on it; open(2).
extension FileDescriptor {
    /// Reads once, as soon as there is something to read.
    package func readPatiently(into bytes: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        while true {
            do throws(Errno) { return try unsafe readOnce(into: bytes) } catch {
                try waitPatiently(for: .read, after: error)
            }
        }
    }

    /// Writes everything.
    package func writePatiently(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        var written = 0
        while written < bytes.count {
            do throws(Errno) {
                written += try unsafe writeOnce(UnsafeRawBufferPointer(rebasing: bytes[written...]))
            } catch {
                try waitPatiently(for: .write, after: error)
            }
        }
    }

    private func waitPatiently(for events: PollEvents, after error: Errno) throws(Errno) {
        guard error == .wouldBlock || error == .interrupted else { throw error }
        if error == .wouldBlock { try wait(for: events) }
    }
}

/// A descriptor by which one thread wakes another that polls; eventfd(2).
package struct EventDescriptor: ~Copyable, Sendable {
    /// Readable from `signal` to `clear`.
    package let descriptor: FileDescriptor

    package init() throws(Errno) {
        descriptor = FileDescriptor(rawValue: try valueOrErrno { clinux_event_descriptor() })
    }

    deinit { try? descriptor.close() }

    package func signal() {
        var one: UInt64 = 1
        while unsafe write(descriptor.rawValue, &one, 8) < 0, errno == EINTR {}
    }

    /// Waits for a signal where there was none.
    package func clear() {
        var count: UInt64 = 0
        while unsafe read(descriptor.rawValue, &count, 8) < 0, errno == EINTR {}
    }
}
