import CLinux
import Glibc
import POSIX
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
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return ExitStatus.failed.rawValue }
        }
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
