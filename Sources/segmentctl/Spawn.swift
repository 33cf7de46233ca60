import Glibc
import SystemPackage

/// Starts programs; posix_spawn(3).
enum Spawn {
    /// Starts a command, found as the shell finds it, with the variables that we have.
    ///
    /// `input` becomes its standard input, `mask` the signals that it holds back, if given; those of
    /// `defaultActions` do what they do by default. Throws what execve(2) says.
    static func start(
        _ command: [String],
        input: FileDescriptor? = nil,
        mask: sigset_t? = nil,
        defaultActions: [Int32] = []
    ) throws(Errno) -> pid_t {
        let arguments = unsafe command.map { unsafe strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var files = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&files)
        defer { unsafe posix_spawn_file_actions_destroy(&files) }
        if let input { unsafe posix_spawn_file_actions_adddup2(&files, input.rawValue, STDIN_FILENO) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var flags = POSIX_SPAWN_SETSIGDEF
        var defaults = sigset_t(defaultActions)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        if var mask {
            flags |= POSIX_SPAWN_SETSIGMASK
            unsafe posix_spawnattr_setsigmask(&attributes, &mask)
        }
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var process: pid_t = 0
        let error = unsafe posix_spawnp(&process, command[0], &files, &attributes, arguments, environ)
        guard error == 0 else { throw Errno(rawValue: error) }
        return process
    }
}

extension sigset_t {
    init(_ signals: [Int32]) {
        self.init()
        unsafe sigemptyset(&self)
        for signal in signals { unsafe sigaddset(&self, signal) }
    }
}
