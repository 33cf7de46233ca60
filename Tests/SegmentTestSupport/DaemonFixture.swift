import Glibc

/// The real daemon with a directory of its own, started and ended as often as needed.
package final class DaemonFixture {
    package let directory: String
    package let notify: NotifyListener
    package private(set) var process: ChildProcess
    private let environment: [String: String]
    /// The command that starts the daemon, such as `prlimit --nofile=128`.
    private let prefix: [String]

    package var socket: String { "\(directory)/socket" }
    package var state: String { Self.state(of: directory) }
    package var segmentFiles: String { "\(directory)/config/segments.d" }
    /// The log of this daemon and of its predecessors in the same directory.
    package var log: String { (try? Programs.run("cat '\(directory)/log'").output) ?? "" }

    /// Starts a daemon in a new directory or a given one, without waiting.
    ///
    /// The files are named by their path below the configuration.
    package init(
        _ files: [String: String] = [:],
        in directory: String? = nil,
        environment: [String: String] = [:],
        prefix: [String] = []
    ) throws {
        let directory = try directory ?? Self.makeDirectory()
        self.directory = directory
        self.environment = environment.merging(["NOTIFY_SOCKET": "\(directory)/notify"]) { $1 }
        self.prefix = prefix
        for (path, text) in files { try Self.write(text, to: "\(directory)/config/\(path)") }
        notify = try NotifyListener("\(directory)/notify")
        process = try Self.daemon(in: directory, self.environment, prefix)
    }

    private static func daemon(
        in directory: String,
        _ environment: [String: String],
        _ prefix: [String]
    ) throws -> ChildProcess {
        try ChildProcess(
            prefix + command(in: directory),
            environment: environment,
            errors: "\(directory)/log"
        )
    }

    /// Returns the command line of the daemon built beside this program.
    package static func command(in directory: String) -> [String] {
        [
            Programs.path("segmentd"), "--config", "\(directory)/config", "--socket", "\(directory)/socket",
            "--state", state(of: directory),
        ]
    }

    package static func makeDirectory(_ name: String = "/tmp/segmentd-test") throws -> String {
        var template = Array("\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CannotWrite(path: name, errno: errno) }
        let directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(directory, 0o755)
        mkdir("\(directory)/config", 0o755)
        mkdir("\(directory)/config/segments.d", 0o755)
        return directory
    }

    /// Returns the path of the records of the daemon in `directory`: in memory, like a service's, because a
    /// disk is slow while others use it.
    package static func state(of directory: String) -> String {
        let (disk, memory) = ("/tmp/", "/dev/shm/")
        return directory.hasPrefix(disk) && access(memory, W_OK) == 0
            ? memory + directory.dropFirst(disk.count) : "\(directory)/state"
    }

    package static func remove(_ directory: String) {
        system("rm -rf '\(directory)' '\(state(of: directory))'")
    }

    package static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw CannotWrite(path: path, errno: errno) }
        fputs(text, file)
        fclose(file)
        chmod(path, 0o644)
    }

    package struct CannotWrite: Error {
        package var path: String
        package var errno: Int32
    }

    package func write(_ text: String, to file: String) throws {
        try Self.write(text, to: "\(directory)/config/\(file)")
    }

    /// Kills the daemon without warning.
    package func kill() {
        process.signal(SIGKILL)
        process.wait()
    }

    /// Starts the daemon again in the same directory.
    package func start() throws {
        try spawn()
        try awaitReady()
    }

    /// Starts the daemon without waiting.
    package func spawn() throws {
        // Drop messages of the previous daemon.
        notify.drain()
        process = try Self.daemon(in: directory, environment, prefix)
    }

    package func awaitReady() throws {
        guard notify.hearsReady(of: process) else { throw NotReady(log: log) }
    }

    package struct NotReady: Error {
        package var log: String
    }

    /// Ends the daemon with a signal and returns its exit status.
    @discardableResult
    package func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        notify.drain()
        process.signal(signal)
        return process.wait()
    }
}
