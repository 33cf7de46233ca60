import Glibc
import Testing

/// The programs that were built beside the tests, and others of this machine.
enum Programs {
    /// The folder of the test bundle has them all.
    static let directory: String = {
        let path =
            CommandLine.arguments.first { $0.contains(".xctest") || $0.contains("PackageTests") }
            ?? CommandLine.arguments[0]
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[..<slash])
    }()

    static func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// Whether a command can be run and succeeds.
    static func works(_ command: String) -> Bool { Glibc.system("(\(command)) >/dev/null 2>&1") == 0 }

    /// Whether processes of other users can be started: as root, but not as root of a user namespace alone.
    static let canSwitchUser = works("setpriv --reuid=65534 --regid=65534 --clear-groups -- true")

    /// Runs a shell command.
    ///
    /// Standard error is part of the output.
    static func run(_ command: String) throws -> (status: Int32, output: String) {
        let stream = try #require(withSignalsAllowed { popen("exec 2>&1; \(command)", "r") })
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            guard count > 0 else { break }
            output += buffer[..<count]
        }
        let status = pclose(stream)
        return (status >> 8 & 0xff, String(decoding: output, as: UTF8.self))
    }

    /// The threads that tests run on hold back signals, and what they start would inherit that.
    static func withSignalsAllowed<Result>(_ body: () -> Result) -> Result {
        var none = sigset_t()
        var held = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &held)
        defer { pthread_sigmask(SIG_SETMASK, &held, nil) }
        return body()
    }
}

/// A process that the test starts and ends.
final class ChildProcess {
    let identifier: pid_t
    private(set) var exitStatus: Int32?

    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: Int32? = nil,
        output: Int32? = nil
    ) throws {
        let pointers = arguments.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
        var inherited = environ
        while let variable = inherited.pointee {
            let name = String(cString: variable).prefix { $0 != "=" }
            if environment[String(name)] == nil { variables.append(strdup(variable)) }
            inherited += 1
        }
        variables.append(nil)
        defer { (pointers + variables).forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input { posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        var identifier: pid_t = 0
        let error = Programs.withSignalsAllowed {
            posix_spawnp(&identifier, arguments[0], &actions, nil, pointers, variables)
        }
        try #require(error == 0)
        self.identifier = identifier
    }

    deinit {
        guard exitStatus == nil else { return }
        Glibc.kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
    }

    func signal(_ signal: Int32) { Glibc.kill(identifier, signal) }

    /// The exit status, or 128 and the signal.
    @discardableResult
    func wait() -> Int32 {
        if let exitStatus { return exitStatus }
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        exitStatus = code
        return code
    }
}
