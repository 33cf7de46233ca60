import Glibc

/// A program that does one thing and ends; killed where the measurement ends before.
final class Child {
    private let process: pid_t
    private let name: String
    private var isOver = false

    init(
        _ arguments: [String],
        _ prepare: (UnsafeMutablePointer<posix_spawn_file_actions_t>) -> Void = { _ in }
    ) throws {
        process = try spawn(arguments, prepare)
        name = arguments[0]
    }

    /// Its standard output goes into a file, over what is there unless `empty`.
    convenience init(_ arguments: [String], output: String, empty: Bool = false) throws {
        try self.init(arguments) {
            let flags = O_WRONLY | O_CREAT | (empty ? O_TRUNC : 0)
            posix_spawn_file_actions_addopen($0, STDOUT_FILENO, output, flags, 0o600)
        }
    }

    deinit {
        guard !isOver else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    /// Waits for its end.
    func expectSuccess() throws {
        var status: Int32 = 1
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        isOver = true
        guard status == 0 else { throw BenchmarkError.refused("\(name) failed") }
    }
}
