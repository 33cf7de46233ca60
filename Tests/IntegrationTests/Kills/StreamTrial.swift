import Glibc
import SegmentTestSupport

@testable import SegmentExchange

/// A stream that one of its sides will not survive, and another one like it.
struct StreamTrial: CustomStringConvertible, Sendable {
    /// The longest time of anything not measured, before it counts as a hang.
    static let timeLimit = Duration.seconds(15)

    /// The segment's memory, as attached by the test.
    let memory: SharedBytes
    private let socket: String
    private let log: String
    private let messages: Int
    private let size: Int
    /// The pause of the test's own side between two pieces, in microseconds.
    private let pause: UInt32

    init(_ memory: SharedBytes, _ daemon: DaemonFixture, _ random: inout SeededGenerator) {
        self.memory = memory
        socket = daemon.socket
        log = "\(daemon.directory)/log"
        // Some are empty and finish at once; some do not fit in the ring.
        messages = random.below(16)
        size = 1 + random.below(9000)
        // A slow reader has data left to read when the writer dies.
        pause = random.pick([0, 0, 100, 500])
    }

    var description: String { "\(messages) messages of \(size) bytes, with pauses of \(pause) µs" }

    /// Starts a side in a separate process; `death` is when the kernel kills it, as an argument of
    /// `stream-peer`.
    func peer(_ role: StreamRole, death: [String] = []) throws -> ChildProcess {
        let verb = role == .writer ? "write" : "read"
        return try ChildProcess(
            [Programs.path("stream-peer"), verb, "a", "\(messages)", "\(size)", "0"] + death,
            environment: ["SEGMENTD_SOCKET": socket],
            errors: log
        )
    }

    /// How a stream ended for a side of the test itself.
    struct End {
        /// The process of the other side.
        let peer: Int32
        var error: ExchangeError?
        /// Whether the data read equals the data written, and is complete if there is no error.
        var isTrue = true
        let moment = ContinuousClock.now
    }

    /// Starts a side in a thread of the test.
    func side(_ role: StreamRole) -> Thread<End> {
        Thread {
            switch role {
            case .writer: try write()
            case .reader: try read()
            }
        }
    }

    private func write() throws(ExchangeError) -> End {
        var writer = try SegmentStreamWriter(in: memory, timeout: .seconds(10))
        let peer = writer.peerProcessID
        do throws(ExchangeError) {
            for _ in 0..<messages {
                try writer.write(StreamPattern.bytes(at: writer.offset, count: size).span.bytes)
                if pause > 0 { usleep(pause) }
            }
            try writer.finish()
            return End(peer: peer)
        } catch {
            return End(peer: peer, error: error)
        }
    }

    private func read() throws(ExchangeError) -> End {
        var reader = try SegmentStreamReader(in: memory, timeout: .seconds(10))
        let peer = reader.peerProcessID
        var buffer = [UInt8](repeating: 0, count: size)
        var isTrue = true
        do throws(ExchangeError) {
            while true {
                let position = reader.offset
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                let count = try reader.read(into: &bytes)
                guard count > 0 else { break }
                if !StreamPattern.matches(buffer[..<count], at: position) { isTrue = false }
                if pause > 0 { usleep(pause) }
            }
            if reader.offset != UInt64(messages * size) { isTrue = false }
            return End(peer: peer, isTrue: isTrue)
        } catch {
            return End(peer: peer, error: error, isTrue: isTrue)
        }
    }

    /// Whether both sides are free.
    var isOver: Bool {
        [StreamRole.writer, .reader].allSatisfy {
            let place = StreamPlace($0, in: memory)
            return place.claim.load() == 0 && place.serial.load() == 0
        }
    }
}

/// The peer that takes over the side of a dead one.
enum SuccessorPeer {
    case process(ChildProcess)
    /// The test itself, which starts at once: the other side may still be bound to the dead peer.
    case thread(Thread<StreamTrial.End>)

    init(of role: StreamRole, _ trial: StreamTrial, isProcess: Bool) throws {
        self = isProcess ? .process(try trial.peer(role)) : .thread(trial.side(role))
    }

    var processID: Int32 {
        switch self {
        case .process(let process): process.identifier
        case .thread: getpid()
        }
    }

    /// Returns whether its stream was complete, once it has ended.
    func hasEndedWell() throws -> Bool {
        switch self {
        case .process(let process):
            try Thread { process.wait() }.value(timeLimit: StreamTrial.timeLimit) == 0
        case .thread(let side): try side.value(timeLimit: StreamTrial.timeLimit).error == nil
        }
    }
}
