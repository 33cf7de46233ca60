import ArgumentParser
import Glibc
import SegmentModel

@main
struct SegmentdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segmentd",
        abstract: "Brokers named System V shared memory segments.",
        discussion: """
            Makes the segments that the configuration declares, tells programs their keys over a Unix socket, and \
            cleans up by rule. It is usually started by systemd; see segmentctl for everything else.
            """,
        version: Product.version
    )

    @Option(help: ArgumentHelp("Read the configuration from this directory only.", valueName: "dir"))
    var config: String?

    @Option(help: ArgumentHelp("Listen on this Unix socket.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Keep the records in this directory.", valueName: "dir"))
    var state: String?

    func run() throws {
        let daemon: Daemon
        do throws(StartError) {
            let places = try Places(config: config, socket: socket, state: state, environment: .current)
            daemon = try Daemon(places)
        } catch {
            error.tell()
            throw ExitCode(error.exitStatus)
        }
        do throws(StartError) {
            try daemon.run()
        } catch {
            error.tell()
            throw ExitCode(error.exitStatus)
        }
    }
}
