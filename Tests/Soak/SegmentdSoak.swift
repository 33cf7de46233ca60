import Glibc
import SegmentTestSupport

/// A daemon under everything that may happen to it, and a model of the state it must then be in.
///
///     segmentd-soak SECONDS [SEED]
///
/// The first half of the time also kills, restarts and stops the daemon; in the second half, one daemon lives
/// through all the rest and must not grow. The same seed takes the same steps, as far as timing permits.
/// Exits with 1 and a trace of the last steps if the daemon deviates from the model.
@main
enum SegmentdSoak {
    static func main() {
        let arguments = CommandLine.arguments
        signal(SIGPIPE, SIG_IGN)
        if arguments.count == 3, arguments[1] == "client" { return ClientRole(socket: arguments[2]).run() }
        let seconds = arguments.count > 1 ? Int(arguments[1]) ?? 60 : 60
        let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 0 : UInt64.random(in: 0...UInt64.max)
        print("segmentd-soak \(seconds) \(seed)")
        fflush(nil)
        do {
            try IPCNamespace.requireOwn()
            exit(try Soak.run(.seconds(seconds), seed) ? 0 : 1)
        } catch {
            print("segmentd-soak: \(error)")
            exit(1)
        }
    }
}
