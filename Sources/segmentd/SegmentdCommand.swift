import ArgumentParser
import POSIX
import SegmentModel
import SystemPackage
import Systemd

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

    /// Holds signals before anything else: none is lost, and none ends the process half-way.
    static func main() {
        DaemonSignal.hold()
        // Threads that wait hold no memory then, and a heap of all grows by larger steps.
        ThisProcess.shareHeap()
        ThisProcess.reserveStandardStreams(usable: true)
        main(nil)
    }

    @Option(help: ArgumentHelp("Read the configuration from this directory only.", valueName: "dir"))
    var config: String?

    @Option(help: ArgumentHelp("Listen on this Unix socket.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Keep the records in this directory.", valueName: "dir"))
    var state: String?

    func run() throws {
        let log: DaemonLog
        do throws(Errno) { log = try DaemonLog() } catch {
            StandardError.tryToWrite("segmentd: there is no room for a thread (errno \(error.rawValue))\n")
            throw ExitCode.failure
        }
        defer { log.drain() }
        let manager: any ServiceManager = NotifySocket()
        do throws(StartError) {
            let places = try Places(config: config, socket: socket, state: state, environment: .current)
            try Daemon(places, log, manager).run()
        } catch {
            log.say(error)
            manager.tell([.status(error.summary)])
            // Then systemd starts it again at once, and soon gives up: the socket, too, until `systemctl reset-failed`.
            if ListeningSockets.isSomebodyWaiting { _ = DaemonSignal.next(within: .seconds(2)) }
            throw ExitCode(error.exitStatus)
        }
    }
}
