import Glibc
import Segments
import SegmentExchange
import SegmentTestSupport

/// One side of a stream, to be killed, traced and counted.
///
///     stream-peer write|read SEGMENT MESSAGES SIZE [DELAY [opening|finishing LIFE]]
///     stream-peer write|read SEGMENT MESSAGES SIZE DELAY become
///     stream-peer publish SEGMENT MESSAGES SIZE DELAY become
///
/// Transfers MESSAGES messages of SIZE bytes, after a delay in milliseconds. It is killed LIFE microseconds
/// after it begins to open its side, or to finish. With `become`, it executes another program that long after
/// it begins to open its side, and does nothing with the side before. Exit status: 3 if a reader finds a
/// wrong byte, 4 if it finds a wrong number of bytes, 5 if the exchange fails.
@main
struct StreamPeer {
    private let messages: Int
    private let size: Int
    /// In microseconds.
    private let delay: UInt32
    private let death: Death?

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 5, let messages = Int(arguments[3]), let size = Int(arguments[4]) else {
            exit(2)
        }
        var death: Death?
        if arguments.count == 8, let beginning = Death.Beginning(rawValue: arguments[6]),
            let life = Int(arguments[7])
        {
            death = Death(beginning: beginning, life: .microseconds(life))
        }
        let peer = StreamPeer(
            messages: messages,
            size: size,
            delay: arguments.count > 5 ? UInt32(arguments[5]).map { $0 * 1000 } ?? 0 : 0,
            death: death
        )
        let segment = try SegmentClient().attach(SegmentName(unchecked: arguments[2]))
        if arguments.count == 7, arguments[6] == "become" {
            becomeAnother(after: peer.delay)
            return try hold(arguments[1], segment)
        }
        do throws(ExchangeError) {
            if arguments[1] == "write" { try peer.write(segment) } else { try peer.read(segment) }
        } catch {
            let line = "\(error)\n"
            _ = Glibc.write(STDERR_FILENO, line, line.utf8.count)
            exit(5)
        }
    }

    /// Opens a side and holds it.
    private static func hold(_ side: String, _ segment: consuming AttachedSegment) throws {
        switch side {
        case "write":
            let writer = try SegmentStreamWriter.open(segment)
            while writer.offset == 0 { sleep(1) }
        case "read":
            let reader = try SegmentStreamReader.open(segment)
            while reader.offset == 0 { sleep(1) }
        default:
            var writer = try LatestValue<Int>.Publisher(segment)
            while true {
                try writer.publish(1)
                sleep(1)
            }
        }
    }

    /// Calls execve(2) in another thread than the one that opens the side.
    private static func becomeAnother(after delay: UInt32) {
        _ = Thread {
            usleep(delay)
            var arguments = [strdup("sleep"), strdup("100"), nil]
            execv("/bin/sleep", &arguments)
            exit(2)
        }
    }

    private func write(_ segment: consuming AttachedSegment) throws(ExchangeError) {
        death?.begins(at: .opening)
        var writer = try SegmentStreamWriter.open(segment)
        usleep(delay)
        for _ in 0..<messages {
            try writer.write(StreamPattern.bytes(at: writer.offset, count: size).span.bytes)
        }
        death?.begins(at: .finishing)
        try writer.finish()
    }

    private func read(_ segment: consuming AttachedSegment) throws(ExchangeError) {
        death?.begins(at: .opening)
        var reader = try SegmentStreamReader.open(segment)
        usleep(delay)
        let all = UInt64(messages * size)
        var buffer = [UInt8](repeating: 0, count: size)
        while true {
            let position = reader.offset
            if position == all { death?.begins(at: .finishing) }
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            let count = try reader.read(into: &bytes)
            guard count > 0 else { break }
            guard StreamPattern.matches(buffer[..<count], at: position) else { exit(3) }
        }
        guard reader.offset == all else { exit(4) }
    }
}

/// Kill -9 at a moment exact to the microsecond: timer_create(2).
///
/// The kernel sends the signal by itself, so no other process or thread needs to be scheduled first.
struct Death {
    /// The event after which the rest of the life is counted.
    enum Beginning: String {
        case opening, finishing
    }

    let beginning: Beginning
    let life: Duration

    /// Notes that the process has reached an event.
    func begins(at beginning: Beginning) {
        if beginning == self.beginning { startTimer() }
    }

    private func startTimer() {
        var event = sigevent()
        event.sigev_notify = Int32(SIGEV_SIGNAL)
        event.sigev_signo = SIGKILL
        var timer: timer_t?
        // The number of the first timer is 0, which Swift takes for nil.
        guard timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 else { exit(2) }
        let (seconds, attoseconds) = life.components
        // 0 would mean never.
        let moment = timespec(tv_sec: Int(seconds), tv_nsec: max(1, Int(attoseconds / 1_000_000_000)))
        var setting = itimerspec(it_interval: timespec(), it_value: moment)
        guard timer_settime(timer, 0, &setting, nil) == 0 else { exit(2) }
    }
}
