import POSIX
import PrintableText
import SystemPackage
import Systemd

/// The daemon's process, from its command line to its exit status.
@main
enum Segmentd {
    /// Holds signals before anything else: none is lost, and none ends the process half-way.
    static func main() {
        DaemonSignal.hold()
        // Threads that wait hold no memory then, and a heap of all grows by larger steps.
        ThisProcess.shareHeap()
        ThisProcess.reserveStandardStreams(usable: true)
        do throws(UsageError) {
            switch try Options.parse(CommandLine.arguments.dropFirst()) {
            case .show(let text): print(text)
            case .serve(let options): ThisProcess.exit(serve(options))
            }
        } catch {
            StandardError.tryToWrite(
                "segmentd: \(error.message.printable)\n\(Options.usage)\n"
                    + "See 'segmentd --help' for more information.\n"
            )
            ThisProcess.exit(UsageError.exitStatus)
        }
    }

    /// Serves until a signal ends it; returns the exit status.
    private static func serve(_ options: Options) -> Int32 {
        let log: DaemonLog
        do throws(Errno) { log = try DaemonLog() } catch {
            StandardError.tryToWrite("segmentd: there is no room for a thread (errno \(error.rawValue))\n")
            return 1
        }
        defer { log.drain() }
        let manager: any ServiceManager = NotifySocket()
        do throws(StartError) {
            let places = try Places(options, environment: .current)
            try Daemon(places, log, manager).run()
            return 0
        } catch {
            log.say(error)
            manager.tell([.status(error.summary)])
            // Then systemd starts it again at once, and soon gives up: the socket, too, until `systemctl reset-failed`.
            if ListeningSockets.isSomebodyWaiting { _ = DaemonSignal.next(within: .seconds(2)) }
            return error.exitStatus
        }
    }
}
