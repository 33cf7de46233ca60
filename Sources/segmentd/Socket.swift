import POSIX
import SegmentModel
import SystemPackage
import VarlinkServer

/// The listening socket: passed by systemd, or created by the daemon.
struct Socket: Sendable {
    let descriptor: FileDescriptor
    /// The path where clients find it; nil if it has none.
    private let path: String?
    /// The file at the path when the socket was new.
    private let file: Stat?
    /// Whether this process created it and must remove it.
    private let isOwn: Bool

    /// Creates or takes over the socket; may block, if the path's file system hangs.
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

    /// Removes the socket's path, unless another file has replaced it.
    func remove() {
        guard isOwn, let path, isInPlace else { return }
        try? FilePath(path).unlink()
    }

    /// The problem that new clients cannot find the socket; nil while it is in place.
    ///
    /// May block, if the file system hangs, so never call it on the event loop.
    var problem: SegmentProblem? {
        guard let path, !isInPlace else { return nil }
        return SegmentProblem(
            .socketGone,
            message: "its socket \(path) is gone: new clients cannot find it",
            remedy: isOwn ? "restart segmentd" : "`systemctl restart segmentd.socket`"
        )
    }
}
