import Glibc
import SegmentTestSupport
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
        let stream = try #require(ChildProcess.withSignalsAllowed { popen("exec 2>&1; \(command)", "r") })
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
