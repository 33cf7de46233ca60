import Glibc
import SegmentModel
import SystemPackage
import Systemd
import VarlinkServer

/// The listening socket: systemd's where it hands one over, else our own.
struct Socket: Sendable {
    let descriptor: Int32
    /// Where clients find it; nil where it has no path.
    private let path: String?
    /// What stood at the path when the socket was new.
    private let file: FileIdentity?
    /// Made by this process, so that it goes with it.
    private let isOwn: Bool

    /// The file system of the path may not answer: to be made where nobody waits.
    init(_ handedOver: Int32?, orAt path: FilePath) throws(StartError) {
        if let handedOver {
            descriptor = handedOver
            self.path = SocketPath.of(handedOver).flatMap { $0.hasPrefix("/") ? $0 : nil }
            file = self.path.flatMap(FileIdentity.init)
            isOwn = false
            return
        }
        try Directories.makeParent(of: path)
        do throws(ListeningSocketError) {
            descriptor = try ListeningSocket.make(at: path.string)
        } catch {
            throw .socket(error)
        }
        self.path = path.string
        file = FileIdentity(path.string)
        isOwn = true
    }

    /// Takes the path away, unless it is somebody else's by now.
    func remove() {
        guard isOwn, let path, let file, FileIdentity(path) == file else { return }
        unsafe unlink(path)
    }

    /// That no new client finds the socket; nil while it stands where it stood.
    ///
    /// The file system may not answer: not to be asked on the event loop.
    var problem: SegmentProblem? {
        guard let path, file == nil || FileIdentity(path) != file else { return nil }
        return SegmentProblem(
            .socketGone,
            message: "its socket \(path) is gone, no new client finds it",
            remedy: isOwn ? "restart segmentd" : "`systemctl restart segmentd.socket`"
        )
    }
}

enum Directories {
    /// Makes the directory that a file is to lie in, and those above it.
    static func makeParent(of path: FilePath) throws(StartError) {
        let parent = path.removingLastComponent()
        guard !parent.isEmpty, unsafe access(parent.string, F_OK) != 0 else { return }
        try makeParent(of: parent)
        guard unsafe mkdir(parent.string, 0o755) == 0 || errno == EEXIST else {
            throw .directory(parent.string, errno: errno)
        }
    }
}
