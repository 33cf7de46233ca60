import EventLoop
import POSIX
import SystemPackage

/// Accepts connections as the loop finds them, a few a turn: more of them wait in the kernel's queue, which is bounded.
///
/// listen(2) is never called again: from then on SO_PEERCRED of a socket that the service manager made would show this
/// process's user instead of root, by whom clients know what to believe.
final class Acceptor {
    private let listening: FileDescriptor
    private let loop: EventLoop
    private let take: (FileDescriptor) -> Void
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
        _ listening: FileDescriptor,
        _ loop: EventLoop,
        take: @escaping (FileDescriptor) -> Void,
        onShutDown: @escaping () -> Void
    ) throws(ListeningSocketError) {
        do throws(Errno) { try listening.stopBlocking() } catch {
            throw .failed(call: "fcntl", path: "", errno: error.rawValue)
        }
        listening.refuseDescriptors()
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
            do throws(Errno) {
                let connection = try listening.accept()
                if !isTrap(connection) { take(connection) }
            } catch {
                // After any failure but that somebody was faster or gave up, such as EMFILE, the kernel keeps saying
                // that somebody waits: asking again at once would spin.
                if ![.wouldBlock, .interrupted, .connectionAbort].contains(error) { pause() }
                return
            }
            // Others have waited long enough.
            if loop.now - start > Self.longest { return }
        }
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
    private func isTrap(_ connection: FileDescriptor) -> Bool {
        guard mayBeTraps else { return false }
        mayBeTraps = connection.refuseDescriptors()
        guard mayBeTraps, connection.mayHoldDescriptors else { return false }
        connection.shutDown()
        return true
    }
}
