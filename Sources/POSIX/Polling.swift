import Glibc
package import SystemPackage

/// The events to wait for and those that occurred; poll(2).
package struct PollEvents: OptionSet, Sendable {
    package let rawValue: Int16
    package init(rawValue: Int16) { self.rawValue = rawValue }

    package static let read = PollEvents(rawValue: Int16(POLLIN))
    package static let write = PollEvents(rawValue: Int16(POLLOUT))
    /// Reported whether waited for or not.
    package static let error = PollEvents(rawValue: Int16(POLLERR))
}

extension FileDescriptor {
    /// Returns whether a call would not block now; after an error or a hang-up it would not either, and
    /// reports it.
    package func isReady(for events: PollEvents) -> Bool {
        var entry = pollfd(fd: rawValue, events: events.rawValue, revents: 0)
        return unsafe poll(&entry, 1, 0) > 0
    }

    /// Waits until the descriptor is ready and returns the events; empty once the deadline has passed.
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

    /// Waits until this descriptor is ready or `other`, if any, is readable; returns neither after
    /// `milliseconds`, if not negative, or a signal.
    package func wait(
        for events: PollEvents,
        or other: FileDescriptor?,
        milliseconds: Int32
    ) throws(Errno) -> (isReady: Bool, otherIsReady: Bool) {
        // poll(2) ignores a negative descriptor.
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

/// Calls for standard streams, where another program may have set O_NONBLOCK; open(2).
extension FileDescriptor {
    /// Waits for input and reads once.
    package func readPatiently(into bytes: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        while true {
            do throws(Errno) { return try unsafe readOnce(into: bytes) } catch {
                try waitPatiently(for: .read, after: error)
            }
        }
    }

    /// Writes all bytes, waiting as needed.
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
