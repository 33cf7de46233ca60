package import Glibc
package import SystemPackage

/// The address of a Unix socket; unix(7).
package struct UnixAddress {
    private var address = sockaddr_un()
    private var length: socklen_t

    /// Creates an address from a path; fails if it is longer than 107 bytes.
    package init?(_ path: String) {
        self.init(bytes: Array(path.utf8) + [0])
    }

    /// Creates an address from a path, or from an abstract name that starts with `@`; fails for anything
    /// else.
    package init?(pathOrAbstract name: String) {
        switch name.utf8.first {
        case UInt8(ascii: "/"): self.init(name)
        case UInt8(ascii: "@"): self.init(bytes: [0] + name.utf8.dropFirst())
        default: return nil
        }
    }

    private init?(bytes: [UInt8]) {
        address.sun_family = sa_family_t(AF_UNIX)
        length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard bytes.count <= room.count else { return false }
            unsafe room.copyBytes(from: bytes)
            return true
        }
        guard fits else { return nil }
    }

    /// Calls `body` with the address as bind(2) and connect(2) take it.
    package func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }
}

extension FileDescriptor {
    /// The address of a socket: a path, or an abstract name that starts with `@`; nil if it has none;
    /// getsockname(2).
    package var unixSocketPath: String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let answers = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(rawValue, $0, &length)
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
