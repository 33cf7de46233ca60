import CLinux
import Glibc
import POSIX
import Synchronization
import SystemPackage

/// A command that runs beside us: signals sent to us go to it, and it is waited for.
struct ChildCommand {
    private let process: pid_t
    /// What is held back in poll(2): what was when we were started, and never the command's end.
    private let held: sigset_t

    /// Starts a command, found as the shell finds it, with more variables than our own.
    ///
    /// Throws 126 or 127 as env(1) exits.
    init(_ command: [String], variables: [(name: String, value: String)]) throws(CannotRun) {
        for variable in variables { unsafe setenv(variable.name, variable.value, 1) }
        // A signal between the start and the handlers waits for these, and then reaches the command.
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
        // The command's end is noticed in poll(2) alone.
        unsafe sigaddset(&mask, SIGCHLD)
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    /// Waits for the command's end.
    ///
    /// `connection` is readable once the daemon has gone away, nil while there is none: then, every second without
    /// it and every second while `isWatching`, `body` is called. Returns the exit status as a shell gives it.
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

    /// Leaves it to be waited for, so that no other process gets its number meanwhile.
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

/// A command that cannot be run.
struct CannotRun: Error, CustomStringConvertible {
    let command: String
    let errno: Errno

    var status: Int32 { errno == .noSuchFileOrDirectory ? 127 : 126 }

    var description: String { "\(command) cannot be run: \(errno)" }
}

/// Passes on INT, TERM and HUP.
///
/// The terminal sends a signal to its whole foreground group, the command included: only those of other processes
/// are passed on.
enum SignalForwarding {
    static let signals = [SIGINT, SIGTERM, SIGHUP]
    private static let target = Atomic<pid_t>(0)

    /// From now on the end of a child interrupts poll(2), and its exit status is kept; sigaction(2) of SIGCHLD.
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

    /// The process is about to be waited for, after which its number is anybody's.
    static func stop() { target.store(0, ordering: .sequentiallyConsistent) }
}

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

    /// Waits for the end of a program, and gives its status as the kernel does; nil where it is no child; waitpid(2).
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
