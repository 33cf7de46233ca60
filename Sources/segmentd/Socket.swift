import POSIX
import SegmentModel
import SystemPackage
import VarlinkServer

/// The listening socket: systemd's where it hands one over, else our own.
struct Socket: Sendable {
    let descriptor: FileDescriptor
    /// Where clients find it; nil where it has no path.
    private let path: String?
    /// What stood at the path when the socket was new.
    private let file: Stat?
    /// Made by this process, so that it goes with it.
    private let isOwn: Bool

    /// The file system of the path may not answer: to be made where nobody waits.
    init(_ handedOver: FileDescriptor?, orAt path: FilePath) throws(StartError) {
        if let handedOver {
            descriptor = handedOver
            self.path = handedOver.unixSocketPath.flatMap { $0.hasPrefix("/") ? $0 : nil }
            file = self.path.flatMap(Self.found)
            isOwn = false
            return
        }
        try path.makeParent()
        do throws(ListeningSocketError) {
            descriptor = try ListeningSocket.make(at: path.string)
        } catch {
            throw .socket(error)
        }
        self.path = path.string
        file = Self.found(path.string)
        isOwn = true
    }

    private static func found(_ path: String) -> Stat? {
        try? FilePath(path).stat(followTargetSymlink: false)
    }

    private var isInPlace: Bool {
        guard let file, let found = path.flatMap(Self.found) else { return false }
        return found.isSameFile(as: file)
    }

    /// Takes the path away, unless it is somebody else's by now.
    func remove() {
        guard isOwn, let path, isInPlace else { return }
        try? FilePath(path).unlink()
    }

    /// That no new client finds the socket; nil while it stands where it stood.
    ///
    /// The file system may not answer: not to be asked on the event loop.
    var problem: SegmentProblem? {
        guard let path, !isInPlace else { return nil }
        return SegmentProblem(
            .socketGone,
            message: "its socket \(path) is gone, no new client finds it",
            remedy: isOwn ? "restart segmentd" : "`systemctl restart segmentd.socket`"
        )
    }
}
