import Glibc

extension SystemCallText.Circumstances {
    /// Those of this process now; `socket` is the path whose mount is asked for.
    init(ofThisProcessAnd socket: String?) {
        isRoot = geteuid() == 0
        descriptors = Self.limit(RLIMIT_NOFILE)
        lockedBytes = Self.limit(__RLIMIT_MEMLOCK)
        addressSpace = Self.limit(RLIMIT_AS)
        isFiltered = Self.lines("/proc/self/status").contains("Seccomp:\t2")
        if let socket {
            // The fifth column, where mountinfo writes a space as \040.
            socketIsMounted = Self.lines("/proc/self/mountinfo").contains {
                $0.split(separator: " ").dropFirst(4).first
                    == socket.split(separator: " ").joined(separator: "\\040")[...]
            }
        }
    }

    private static func limit(_ resource: __rlimit_resource) -> UInt64? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
    }

    /// Nothing where the file cannot be read.
    private static func lines(_ path: String) -> [Substring] {
        guard let file = unsafe fopen(path, "re") else { return [] }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while true {
            let count = unsafe fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
