import Glibc

/// How many descriptors the process may have open; getrlimit(2).
enum DescriptorLimit {
    /// Where the kernel does not tell, the limit is no matter of ours.
    static var current: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        return Int(clamping: limit.rlim_cur)
    }
}
