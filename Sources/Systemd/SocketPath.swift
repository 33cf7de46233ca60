import Glibc

/// Where clients find a socket; unix(7).
package enum SocketPath {
    /// A path, or a name of the abstract namespace with `@` in front; nil if it has none; getsockname(2).
    package static func of(_ descriptor: Int32) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let answers = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        let start = MemoryLayout<sa_family_t>.size
        guard answers == 0, address.sun_family == sa_family_t(AF_UNIX), Int(length) > start else {
            return nil
        }
        let bytes = unsafe withUnsafeBytes(of: address.sun_path) {
            unsafe Array($0.prefix(Int(length) - start))
        }
        let isAbstract = bytes.first == 0
        let name = String(decoding: isAbstract ? bytes.dropFirst() : bytes.prefix { $0 != 0 }, as: UTF8.self)
        return isAbstract ? "@" + name : name
    }
}

/// Which file stands at a path, so that another in its place is told from it; lstat(2).
package struct FileIdentity: Equatable, Sendable {
    private var device: UInt64
    private var inode: UInt64

    /// Nil if nothing stands there.
    package init?(_ path: String) {
        var file = stat()
        guard unsafe lstat(path, &file) == 0 else { return nil }
        device = UInt64(file.st_dev)
        inode = UInt64(file.st_ino)
    }
}
