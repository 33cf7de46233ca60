import CLinux
import Glibc
import POSIX
import Synchronization
import SystemPackage

/// A command run as a child: signals sent to this process are forwarded to it, and it is waited for.
struct ChildCommand {
    private let process: pid_t
    /// The signals blocked in poll(2): those blocked at the start, but not the one that reports the command's
    /// end.
    private let held: sigset_t

    /// Starts a command, searching PATH as the shell does, with additional variables.
    ///
    /// Throws 126 or 127, the exit status of env(1).
    init(_ command: [String], variables: [(name: String, value: String)]) throws(CannotRun) {
        for variable in variables { unsafe setenv(variable.name, variable.value, 1) }
        // A signal that arrives before the handlers are installed stays pending and then reaches the command.
        var signals = sigset_t(SignalForwarding.signals + [SIGCHLD])
        var mask = sigset_t()
        unsafe pthread_sigmask(SIG_BLOCK, &signals, &mask)
        SignalForwarding.noticeEnd()
        do throws(Errno) {
            process = try Spawn.start(command, mask: mask)
        } catch {
            throw CannotRun(command: command[0], errno: error)
        }
        var held = mask
        unsafe sigdelset(&held, SIGCHLD)
        self.held = held
        SignalForwarding.start(to: process)
        // The command's end is noticed only in poll(2).
        unsafe sigaddset(&mask, SIGCHLD)
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    /// Waits for the command to end and returns its exit status as a shell does.
    ///
    /// `connection` is readable once the daemon has disconnected, nil while there is none. Then, and every
    /// second without a connection or while `isWatching`, `body` is called.
    func wait(
        beside connection: () -> FileDescriptor?,
        whileWatching isWatching: () -> Bool,
        _ body: () -> Void
    ) -> Int32 {
        while !hasEnded {
            let descriptor = connection()
            var held = held
            let limit: Int32 = descriptor == nil || isWatching() ? 1000 : -1
            let ready = unsafe clinux_poll_with_signals(descriptor?.rawValue ?? -1, limit, &held)
            if ready >= 0 { body() }
        }
        SignalForwarding.stop()
        return exitStatus
    }

    func terminate() { kill(process, SIGTERM) }

    /// Checks without reaping the child, so that its number cannot be reused yet.
    private var hasEnded: Bool {
        var information = unsafe siginfo_t()
        let options = WEXITED | WNOHANG | WNOWAIT
        let result = unsafe waitid(P_PID, id_t(process), &information, options)
        return unsafe result == 0 ? information.si_signo == SIGCHLD : errno != EINTR
    }

    private var exitStatus: Int32 {
        guard let status = Spawn.end(of: process) else { return ExitStatus.failed.rawValue }
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }
}

/// A failure to run a command.
struct CannotRun: Error, CustomStringConvertible {
    let command: String
    let errno: Errno

    var status: Int32 { errno == .noSuchFileOrDirectory ? 127 : 126 }

    var description: String { "\(command) cannot be run: \(errno)" }
}

/// Forwards INT, TERM and HUP.
///
/// The terminal signals its whole foreground process group, including the command, so only signals sent by
/// processes are forwarded.
enum SignalForwarding {
    static let signals = [SIGINT, SIGTERM, SIGHUP]
    private static let target = Atomic<pid_t>(0)

    /// From now on, the end of a child interrupts poll(2), and its exit status is kept; sigaction(2) of
    /// SIGCHLD.
    static func noticeEnd() {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        unsafe sigaction(SIGCHLD, &action, nil)
    }

    static func start(to process: pid_t) {
        target.store(process, ordering: .sequentiallyConsistent)
        for signal in signals {
            var action = sigaction()
            action.sa_flags = SA_SIGINFO
            unsafe action.__sigaction_handler.sa_sigaction = { signal, information, _ in
                guard let information = unsafe information, unsafe information.pointee.si_code <= 0 else {
                    return
                }
                let process = SignalForwarding.target.load(ordering: .sequentiallyConsistent)
                if process > 0 { kill(process, signal) }
            }
            unsafe sigaction(signal, &action, nil)
        }
    }

    /// Stops forwarding before the process is reaped, after which its number may be reused.
    static func stop() { target.store(0, ordering: .sequentiallyConsistent) }
}

/// Starts programs; posix_spawn(3).
enum Spawn {
    /// Starts a command, searching PATH as the shell does, with this process's environment.
    ///
    /// If given, `input` becomes its standard input and `mask` its blocked signals; signals in
    /// `defaultActions` get their default action. Throws the errno of execve(2).
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

    /// Waits for a program to end and returns its status as the kernel does; nil if it is not a child;
    /// waitpid(2).
    static func end(of process: pid_t) -> Int32? {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        return status
    }
}

extension sigset_t {
    init(_ signals: [Int32]) {
        self.init()
        unsafe sigemptyset(&self)
        for signal in signals { unsafe sigaddset(&self, signal) }
    }
}
