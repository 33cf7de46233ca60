import Glibc

/// A process started and ended by a test.
package final class ChildProcess {
    package let identifier: pid_t
    package private(set) var exitStatus: Int32?

    /// Starts a process; its standard output is discarded unless there is an `output` or a `conversation`,
    /// and its standard error is appended to the file `errors`, if given.
    package init(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: Int32? = nil,
        output: Int32? = nil,
        errors: String? = nil,
        conversation: Conversation? = nil
    ) throws {
        let pointers = arguments.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        let variables = Self.variables(environment)
        defer { (pointers + variables).forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input = conversation?.theirInput ?? input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        }
        if let output = conversation?.theirOutput ?? output {
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        if let errors {
            let flags = O_WRONLY | O_CREAT | O_APPEND
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, flags, 0o644)
        }
        var identifier: pid_t = 0
        let error = Self.withSignalsAllowed {
            posix_spawnp(&identifier, arguments[0], &actions, nil, pointers, variables)
        }
        guard error == 0 else { throw CannotStart(program: arguments[0], errno: error) }
        self.identifier = identifier
        conversation?.begin()
    }

    package struct CannotStart: Error {
        package var program: String
        package var errno: Int32
    }

    deinit {
        guard exitStatus == nil else { return }
        Glibc.kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
    }

    package func signal(_ signal: Int32) { Glibc.kill(identifier, signal) }

    /// Stops the process until SIGCONT, and returns once it has stopped.
    package func stopForNow() {
        signal(SIGSTOP)
        waitpid(identifier, nil, WUNTRACED)
    }

    /// Returns whether the process ends in time; `wait` then returns its status.
    package func ends(within time: Duration) -> Bool {
        let start = ContinuousClock.now
        var state = siginfo_t()
        repeat {
            waitid(P_PID, id_t(identifier), &state, WEXITED | WNOHANG | WNOWAIT)
            if state.si_signo != 0 { return true }
            usleep(10_000)
        } while ContinuousClock.now - start < time
        return false
    }

    /// Waits for the end; returns the exit status, or 128 plus the signal.
    @discardableResult
    package func wait() -> Int32 {
        if let exitStatus { return exitStatus }
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        exitStatus = code
        return code
    }

    /// Returns this process's variables with others in front; the caller must free them.
    private static func variables(_ others: [String: String]) -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = others.map { strdup("\($0.key)=\($0.value)") }
        var inherited = environ
        while let variable = inherited.pointee {
            let name = String(cString: variable).prefix { $0 != "=" }
            if others[String(name)] == nil { variables.append(strdup(variable)) }
            inherited += 1
        }
        return variables + [nil]
    }

    /// Runs `body` with signals unblocked: threads of tests block signals, and child processes would inherit
    /// that.
    package static func withSignalsAllowed<Result>(_ body: () -> Result) -> Result {
        var none = sigset_t()
        var held = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &held)
        defer { pthread_sigmask(SIG_SETMASK, &held, nil) }
        return body()
    }
}
