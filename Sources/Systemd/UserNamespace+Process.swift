import Glibc

extension UserNamespace {
    /// Whether this process's user namespace hides everybody else; not where the kernel does not tell.
    package static var isHidingUsers: Bool {
        let descriptor = unsafe open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(descriptor, &buffer, buffer.count)
        return hidesUsers(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))
    }
}
