import ArgumentParser
import Glibc

/// From exec to READY=1, and what the daemon costs when nothing happens.
struct Starts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time from exec to ready, memory, and wake-ups while idle.",
        discussion: "Run it with at most 96 other segments in the IPC namespace: 4,000 are made."
    )

    @Option(help: "Starts of each kind; the median is shown.")
    var count = 9

    @Option(help: "For how long to count wake-ups, in seconds.")
    var idle = 32

    func run() throws {
        print("segments | ready after ms (median of \(count)) | RSS MiB | RssAnon MiB")
        for segments in [1, 100, 1000, 4000] {
            var times = Samples()
            var memory = (0, 0)
            for _ in 0..<count {
                let daemon = try DaemonUnderTest(
                    segments: segments,
                    sizes: [1 << 20, 1 << 24, 1 << 27, 1 << 30]
                )
                times.add(daemon.readyAfter)
                memory = (daemon.memory("VmRSS"), daemon.memory("RssAnon"))
                daemon.stop()
            }
            print(
                segments,
                Row.tenths(times.percentile(0.5) / 1000, digits: 1),
                Row.tenths(Double(memory.0) / 1024, digits: 1),
                Row.tenths(Double(memory.1) / 1024, digits: 1),
                separator: " | "
            )
        }
        let daemon = try DaemonUnderTest(segments: 100, sizes: [1 << 20])
        sleep(2)
        let before = daemon.wakeUps()
        sleep(UInt32(idle))
        print(
            "idle for \(idle) s with 100 segments: \(daemon.wakeUps() - before) wake-ups, RSS "
                + Row.tenths(Double(daemon.memory("VmRSS")) / 1024, digits: 1) + " MiB, RssAnon "
                + Row.tenths(Double(daemon.memory("RssAnon")) / 1024, digits: 1) + " MiB"
        )
        daemon.stop()
    }
}
