import Glibc

/// The programs built beside the running one, and others on this machine.
package enum Programs {
    /// The directory of the test bundle, which contains them all.
    package static let directory: String = {
        let path =
            CommandLine.arguments.first { $0.contains(".xctest") || $0.contains("PackageTests") }
            ?? CommandLine.arguments[0]
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[..<slash])
    }()

    package static func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// Returns whether a command runs and succeeds.
    package static func works(_ command: String) -> Bool { Glibc.system("(\(command)) >/dev/null 2>&1") == 0 }

    /// Whether processes of other users can be started: as real root, not as root of a user namespace.
    package static let canSwitchUser = works("setpriv --reuid=65534 --regid=65534 --clear-groups -- true")

    /// Runs a shell command.
    ///
    /// The output includes standard error.
    package static func run(_ command: String) throws -> (status: Int32, output: String) {
        guard let stream = ChildProcess.withSignalsAllowed({ popen("exec 2>&1; \(command)", "r") }) else {
            throw ChildProcess.CannotStart(program: command, errno: errno)
        }
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
}
