package import Glibc

/// `sockaddr_un` of a path; unix(7).
package struct UnixAddress {
    private var address = sockaddr_un()

    /// Fails where the path is too long for a socket: 107 bytes at most.
    package init?(_ path: String) {
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            unsafe room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { return nil }
    }

    /// Lends the address as bind(2) and connect(2) take it.
    package func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
