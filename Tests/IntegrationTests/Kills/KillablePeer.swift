import Glibc
import SegmentTestSupport

@testable import SegmentExchange

/// A side of a stream in a process that is killed at a random moment.
///
/// One in five is killed from outside, at any moment after its start; the others by a timer that starts when
/// the side is opened or finished. Short lives are as likely as long ones, since the critical phases take
/// microseconds.
struct KillablePeer {
    let role: StreamRole
    private let process: ChildProcess
    private let memory: SharedBytes
    private let before: StreamTraces
    private let end: Thread<Death>
    private let isDead = Latch()

    /// How the process ended, as reported by the kernel.
    struct Death {
        let processID: Int32
        let status: Int32
        let moment: ContinuousClock.Instant

        var isKill: Bool { status == 128 + SIGKILL }
        /// Everything has been written or read.
        var isWhole: Bool { status == 0 }
        /// The exchange reported that the stream failed.
        var isFailure: Bool { status == 5 }
    }

    init(_ role: StreamRole, _ trial: StreamTrial, _ random: inout SeededGenerator) throws {
        let beginning = random.pick([nil, "opening", "opening", "finishing", "finishing"])
        let chance = Double.random(in: 0..<1, using: &random)
        // In microseconds.
        let life =
            switch beginning {
            case nil: Int(15_000 * chance)
            case "opening": Int(100 * pow(40, chance))
            default: Int(pow(1000, chance))
            }
        memory = trial.memory
        before = StreamTraces(role, in: memory)
        let process = try trial.peer(role, death: beginning.map { [$0, "\(life)"] } ?? [])
        let isDead = isDead
        end = Thread {
            if beginning == nil {
                usleep(UInt32(life))
                process.signal(SIGKILL)
            }
            let status = process.wait()
            let moment = ContinuousClock.now
            isDead.raise()
            return Death(processID: process.identifier, status: status, moment: moment)
        }
        self.role = role
        self.process = process
    }

    /// Waits until it has opened its side or has died.
    func awaitOpening() {
        let place = StreamPlace(role, in: memory)
        while place.serial.load() == 0, !hasEnded { sched_yield() }
    }

    var hasEnded: Bool { isDead.isRaised }

    /// The words left by this side and by the other one.
    var traces: StreamTraces { StreamTraces(role, in: memory) }

    func kill() { if !hasEnded { process.signal(SIGKILL) } }

    /// Returns how the process ended, and counts it in `deaths` if it was killed; call once.
    func death(_ deaths: inout StreamDeaths) throws -> Death {
        let death = try end.value(timeLimit: StreamTrial.timeLimit)
        if death.isKill { deaths.count(traces.stage(since: before, of: death.processID)) }
        return death
    }
}
