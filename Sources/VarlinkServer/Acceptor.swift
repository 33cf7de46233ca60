import EventLoop
import POSIX
import SystemPackage

/// Accepts connections, a few per turn of the loop; the rest wait in the kernel's bounded queue.
///
/// It never calls listen(2): that would change SO_PEERCRED of a socket created by the service manager from
/// root to this process's user, and clients trust the broker by that user.
final class Acceptor {
    private let listening: FileDescriptor
    private let loop: EventLoop
    private let take: (FileDescriptor) -> Void
    private let onShutDown: () -> Void
    private var source: EventSource?
    /// True until the clients that connected before the kernel was told to refuse descriptors have all been
    /// accepted.
    private var mayBeTraps = true

    /// Accepting takes longer than most calls, which wait for it.
    private static let mostOfOneTurn = 8
    private static let longest = Duration.microseconds(10)
    /// Detects a shutdown: accept4(2) would fail with EAGAIN while the loop keeps reporting the socket as
    /// ready.
    private static let interest: EventSource.Interest = [.read, .inputEnd]

    /// Passes the descriptor of each connection to `take`; the listening socket itself is not changed.
    ///
    /// Another process that has the socket, such as the service manager, may shut it down, which calls
    /// `onShutDown`.
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
                // Unless the client gave up or another process accepted it, the kernel keeps reporting the
                // waiting client, as after EMFILE: retrying at once would spin.
                if ![.wouldBlock, .interrupted, .connectionAbort].contains(error) { pause() }
                return
            }
            // Other clients have waited long enough.
            if loop.now - start > Self.longest { return }
        }
    }

    private func pause() {
        source?.interest = []
        loop.schedule(after: .milliseconds(250), slack: .milliseconds(50)) { [weak self] in
            self?.source?.interest = Self.interest
        }
    }

    /// Returns whether reading or closing a connection could block for days.
    ///
    /// A client may send descriptors, which segmentd never receives. Closing the last descriptor of a file
    /// closes the file, and closing a TCP socket that lingers waits until its peer has read everything. The
    /// kernel refuses descriptors on connections accepted from now on. Of the few that are already waiting,
    /// one with descriptors is neither read nor closed; nothing lingers when the process exits.
    private func isTrap(_ connection: FileDescriptor) -> Bool {
        guard mayBeTraps else { return false }
        mayBeTraps = connection.refuseDescriptors()
        guard mayBeTraps, connection.mayHoldDescriptors else { return false }
        connection.shutDown()
        return true
    }
}
