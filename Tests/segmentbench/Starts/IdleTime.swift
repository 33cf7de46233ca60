import Glibc
import SegmentTestSupport

/// How often a broker that nobody asks wakes up, beside a program that never does.
enum IdleTime {
    /// Both wait at once, with 100 segments each.
    static func row(seconds: Int) throws -> Row {
        try WorkingDirectory.with { directory in
            try directory.declare(100, sizes: Starts.sizes)
            return try RunningProgram.with(directory.broker, in: directory) { broker in
                try RunningProgram.with(directory.segments(100, sizes: Starts.sizes), in: directory) { bare in
                    let programs = [broker, bare].map { ProcessStatus($0.process) }
                    // What a start leaves to do is done.
                    sleep(2)
                    let before = programs.map(\.wakeUps)
                    sleep(UInt32(seconds))
                    try Interruption.check()
                    let wakeUps = zip(programs, before).map { Double($0.wakeUps - $1) }
                    return Row(
                        name: "idle",
                        title: "Wake-ups with 100 segments",
                        size: ("seconds", seconds),
                        baseline: "shmget, shmat, pause",
                        figures: [
                            Figure(
                                .wakeUps,
                                wakeUps[0],
                                baseline: wakeUps[1],
                                // One check every 15 s.
                                goal: .atMost(Double((seconds + 14) / 15))
                            )
                        ]
                    )
                }
            }
        }
    }
}

extension Quantity {
    static let wakeUps = Quantity(name: "wakeUps", heading: "wake-ups", digits: 0)
}
