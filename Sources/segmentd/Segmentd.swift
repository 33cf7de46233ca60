import POSIX
import PrintableText
import SystemPackage
import Systemd

/// The daemon's process, from its command line to its exit status.
@main
enum Segmentd {
    /// Blocks signals before anything else, so that none is lost and none interrupts the start.
    static func main() {
        DaemonSignal.hold()
        // With one heap for all threads, idle threads hold no memory, and the heap grows in larger steps.
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
            StandardError.tryToWrite("segmentd: a thread cannot be created (errno \(error.rawValue))\n")
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
            // systemd would restart the daemon immediately and soon give up on it and its socket until
            // `systemctl reset-failed`.
            if ListeningSockets.isSomebodyWaiting { _ = DaemonSignal.next(within: .seconds(2)) }
            return error.exitStatus
        }
    }
}
