import ArgumentParser
import POSIX
import Segments
import SegmentModel
import SystemPackage
import Varlink

@main
struct Segmentctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segmentctl",
        abstract: "Shows and administers the named shared memory segments of segmentd.",
        discussion: """
            Exit status: 0 done, 1 failed, 2 usage, 3 exists but not ready, 4 no such segment, 5 not permitted, \
            6 in use, 7 daemon not reachable, 8 configuration invalid. Of several, the highest.
            """,
        version: Product.version,
        subcommands: [
            List.self, Status.self, Key.self, Identifier.self, Write.self, Read.self, Send.self,
            Receive.self, Run.self, Monitor.self, Remove.self, Renew.self, Reload.self, Check.self,
            PrintVersion.self,
            ListAll.self,
        ],
        defaultSubcommand: ListAll.self
    )

    @OptionGroup var options: GlobalOptions

    /// argument-parser's own `main` supports neither these exit statuses nor a choice of its own.
    static func main() {
        ThisProcess.reserveStandardStreams(usable: false)
        do {
            var command = try Self.command(for: Array(CommandLine.arguments.dropFirst()))
            try command.run()
        } catch {
            ThisProcess.exit(status(of: error))
        }
    }

    /// Returns the command that these words call.
    ///
    /// For `help` with an unknown verb, argument-parser would show the whole help.
    static func command(for words: [String]) throws -> any ParsableCommand {
        if words.first == "help", let verb = words.dropFirst().first(where: { !$0.hasPrefix("-") }),
            verb != "help", !configuration.subcommands.contains(where: { $0._commandName == verb })
        {
            throw ListAll.unknown(verb)
        }
        return try parseAsRoot(words)
    }

    /// Reports an error, or the help or version text that ends a command without one; returns the exit
    /// status.
    private static func status(of error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        let status = ExitStatus(error)
        do throws(Failure) {
            switch status {
            case .done:
                try Output.explain(Completion.amended(fullMessage(for: error)), on: .standardOutput)
            // A failure to write cannot be reported, and the usage error matters more.
            case .usage:
                try? Output.explain(ListAll.unnamed(fullMessage(for: error)), on: .standardError)
            default: if !(error is ExitStatus) { Output.complain("segmentctl: \(error)") }
            }
        } catch {
            Output.complain("segmentctl: \(error)")
            return ExitStatus.failed.rawValue
        }
        return status.rawValue
    }
}

struct PrintVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        guard options.json == .off else { return try options.printJSON(Version()) }
        try Output.print("segmentctl \(Product.version)")
    }
}

private struct Version: JSONEncodable {
    func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("version", Product.version)
        writer.endObject()
    }
}
