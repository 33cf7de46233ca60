import Glibc
import SystemPackage
import Systemd
import VarlinkServer

/// The listening socket: systemd's where it hands one over, else our own.
struct Socket {
    let descriptor: Int32
    /// Made by this process, so that it goes with it.
    private let own: FilePath?

    init(_ path: FilePath) throws(StartError) {
        do throws(ListeningSocketsError) {
            if let handedOver = try ListeningSockets.take(named: "varlink") {
                descriptor = handedOver
                own = nil
                return
            }
        } catch {
            throw .handedOverSockets(error)
        }
        try Directories.makeParent(of: path)
        do throws(ListeningSocketError) {
            descriptor = try ListeningSocket.make(at: path.string)
            own = path
        } catch {
            throw .socket(error)
        }
    }

    func remove() {
        if let own { unsafe unlink(own.string) }
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
