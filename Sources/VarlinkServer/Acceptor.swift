import CLinux
import EventLoop
import Glibc
import SystemPackage

/// Accepts connections as the loop finds them, a few a turn: more of them wait in the kernel's queue, which is bounded.
///
/// listen(2) is never called again: from then on SO_PEERCRED of a socket that the service manager made would show this
/// process's user instead of root, by whom clients know what to believe.
final class Acceptor {
    private let listening: Int32
    private let loop: EventLoop
    private let take: (Int32) -> Void
    private let onShutDown: () -> Void
    private var source: EventSource?
    /// Those come first that connected before the kernel was told to refuse descriptors.
    private var mayBeTraps = true

    /// Each takes longer than most calls, which wait for it.
    private static let mostOfOneTurn = 8
    private static let longest = Duration.microseconds(20)
    /// accept4(2) would say EAGAIN on a socket that has been shut down, and the loop again and again that it is ready.
    private static let interest: EventSource.Interest = [.read, .inputEnd]

    /// Hands the descriptor of each connection to `take`; the listening socket is left as it is.
    ///
    /// Whoever else has it, such as the service manager, may shut it down.
    init(
        _ listening: Int32,
        _ loop: EventLoop,
        take: @escaping (Int32) -> Void,
        onShutDown: @escaping () -> Void
    ) throws(ListeningSocketError) {
        guard fcntl(listening, F_SETFL, O_NONBLOCK) == 0 else {
            throw .failed(call: "fcntl", path: "", errno: errno)
        }
        _ = clinux_refuse_descriptors(listening)
        self.listening = listening
        self.loop = loop
        self.take = take
        self.onShutDown = onShutDown
        do throws(Errno) {
            source = try loop.watch(listening, for: Self.interest, closing: false) {
                [unowned self] readiness in
                if readiness.isDisjoint(with: [.inputEnd, .hungUp]) { accept() } else { shutDown() }
            }
        } catch {
            throw .failed(call: "epoll_ctl", path: "", errno: error.rawValue)
        }
    }

    func stop() { source?.end() }

    private func shutDown() {
        stop()
        onShutDown()
    }

    private func accept() {
        let start = loop.now
        for _ in 0..<Self.mostOfOneTurn {
            let connection = clinux_accept(listening)
            if connection >= 0 {
                if !isTrap(connection) { take(connection) }
            } else if !Self.isPassing(errno) {
                return pause()
            }
            // Nobody is waiting any more, or others have waited long enough.
            if connection < 0 || loop.now - start > Self.longest { return }
        }
    }

    /// Whether somebody was faster or gave up.
    ///
    /// After any other failure, such as EMFILE, the kernel keeps saying that somebody waits: asking again at once
    /// would spin.
    private static func isPassing(_ errno: Int32) -> Bool {
        [EAGAIN, EINTR, ECONNABORTED].contains(errno)
    }

    private func pause() {
        source?.interest = []
        loop.schedule(after: .milliseconds(250), slack: .milliseconds(50)) { [weak self] in
            self?.source?.interest = Self.interest
        }
    }

    /// Whether reading or closing a connection could hold its reader up for days.
    ///
    /// A client may pass descriptors, and segmentd takes none: whoever drops the last one of a file closes that, and a
    /// TCP socket that lingers is closed when its peer has read all. The kernel refuses them to what is accepted from
    /// now on. Of those few that wait already one with descriptors is neither read nor closed; nothing lingers when
    /// the process ends.
    private func isTrap(_ connection: Int32) -> Bool {
        guard mayBeTraps else { return false }
        mayBeTraps = clinux_refuse_descriptors(connection) == 1
        guard mayBeTraps, clinux_holds_descriptors(connection) != 0 else { return false }
        shutdown(connection, Int32(SHUT_RDWR))
        return true
    }
}
