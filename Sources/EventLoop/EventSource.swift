import CLinux
package import SystemPackage

/// A descriptor that a loop waits for, until it is ended or its owner has gone.
///
/// It leaves the loop before its descriptor is closed, whose number may be another's at once.
package final class EventSource {
    /// What there is to wait for.
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let read = Interest(rawValue: EPOLLIN.rawValue)
        package static let write = Interest(rawValue: EPOLLOUT.rawValue)
        package static let inputEnd = Interest(rawValue: EPOLLRDHUP.rawValue)
    }

    /// What the kernel has found; that both sides have closed and errors are told whatever the interest is.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let read = Readiness(rawValue: EPOLLIN.rawValue)
        package static let write = Readiness(rawValue: EPOLLOUT.rawValue)
        /// Nothing more will come than is there already.
        package static let inputEnd = Readiness(rawValue: EPOLLRDHUP.rawValue)
        /// Nobody is at the other end any more, or it has failed.
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
    // Private, so that to look at them takes no check for overlapping accesses.
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

    /// Its handler is not called any more, not even for what the kernel has told already; the descriptor stays open.
    ///
    /// Without any interest, the kernel would still say in each turn that the other side has hung up.
    package func hearNoMore() {
        guard isHeard else { return }
        isHeard = false
        loop.remove(descriptor, token)
    }

    /// The same, and the descriptor is closed.
    package func end() {
        guard !isOver else { return }
        isOver = true
        hearNoMore()
        if closesDescriptor { try? descriptor.close() }
    }
}
