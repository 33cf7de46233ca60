import CLinux
package import SystemPackage

/// A descriptor that a loop watches until the source is ended or released.
///
/// It leaves the loop before its descriptor is closed, since the number may be reused immediately.
package final class EventSource {
    /// The events to wait for.
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let read = Interest(rawValue: EPOLLIN.rawValue)
        package static let write = Interest(rawValue: EPOLLOUT.rawValue)
        package static let inputEnd = Interest(rawValue: EPOLLRDHUP.rawValue)
    }

    /// The events that the kernel reported; hang-ups and errors are reported whatever the interest is.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let read = Readiness(rawValue: EPOLLIN.rawValue)
        package static let write = Readiness(rawValue: EPOLLOUT.rawValue)
        /// No more input will arrive than is already there.
        package static let inputEnd = Readiness(rawValue: EPOLLRDHUP.rawValue)
        /// The other end has closed, or an error occurred.
        package static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)

        init(events: UInt32) {
            rawValue = events & EPOLLERR.rawValue == 0 ? events : events | EPOLLHUP.rawValue
        }
    }

    package let descriptor: FileDescriptor
    private let closesDescriptor: Bool
    private let loop: EventLoop
    private let token: EventLoop.Token
    package var hasEnded: Bool { isOver }
    // Private, so that access needs no exclusivity check.
    private var isOver = false
    private var isHeard = true
    private var waitsFor: Interest

    init(
        _ loop: EventLoop,
        _ descriptor: FileDescriptor,
        closing: Bool,
        _ interest: Interest,
        _ handler: @escaping (Readiness) -> Void
    ) throws(Errno) {
        self.loop = loop
        self.descriptor = descriptor
        closesDescriptor = closing
        waitsFor = interest
        token = try loop.add(descriptor, interest, handler)
    }

    deinit { end() }

    package var interest: Interest {
        get { waitsFor }
        set {
            guard newValue != waitsFor else { return }
            waitsFor = newValue
            if isHeard { loop.change(descriptor, token, newValue) }
        }
    }

    /// Stops calling the handler, even for events already reported; the descriptor stays open.
    ///
    /// Clearing the interest is not enough: the kernel would still report a hang-up in each turn.
    package func hearNoMore() {
        guard isHeard else { return }
        isHeard = false
        loop.remove(descriptor, token)
    }

    /// Stops calling the handler and closes the descriptor if told to at creation.
    package func end() {
        guard !isOver else { return }
        isOver = true
        hearNoMore()
        if closesDescriptor { try? descriptor.close() }
    }
}
