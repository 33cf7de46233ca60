import Glibc
import SegmentTestSupport

@testable import SegmentExchange

/// A stream of so many messages, which some side will not survive, and another like it.
struct StreamRound: CustomStringConvertible, Sendable {
    /// How long anything may take that is not measured, before it counts as a hang.
    static let patience = Duration.seconds(15)

    /// The segment's, as the test has it attached.
    let memory: SharedBytes
    private let socket: String
    private let log: String
    private let messages: Int
    private let size: Int
    /// How long the test's own side waits between two pieces, in microseconds.
    private let pause: UInt32

    init(_ memory: SharedBytes, _ daemon: DaemonFixture, _ random: inout SeededGenerator) {
        self.memory = memory
        socket = daemon.socket
        log = "\(daemon.directory)/log"
        // Some have nothing to say and finish at once; some are more than the ring holds.
        messages = random.below(16)
        size = 1 + random.below(9000)
        // A reader that is slow has something left to read when the writer dies.
        pause = random.pick([0, 0, 100, 500])
    }

    var description: String { "\(messages) messages of \(size) bytes, with pauses of \(pause) µs" }

    /// A side in a process of its own; `death` is when the kernel kills it, as `stream-peer` takes it.
    func peer(_ role: StreamRole, death: [String] = []) throws -> ChildProcess {
        let verb = role == .writer ? "write" : "read"
        return try ChildProcess(
            [Programs.path("stream-peer"), verb, "a", "\(messages)", "\(size)", "0"] + death,
            environment: ["SEGMENTD_SOCKET": socket],
            errors: log
        )
    }

    /// How a stream ended for a side of the test's own.
    struct End {
        /// The process of the other side.
        let peer: Int32
        var error: ExchangeError?
        /// Whether what was read is what was written, and if there is no error, all of it.
        var isTrue = true
        let moment = ContinuousClock.now
    }

    /// A side in a thread of the test.
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

    /// Nobody has either side.
    var isOver: Bool {
        [StreamRole.writer, .reader].allSatisfy {
            let place = StreamPlace($0, in: memory)
            return place.claim.load() == 0 && place.serial.load() == 0
        }
    }
}

/// Who takes the place of a side that has died.
enum StreamHeir {
    case process(ChildProcess)
    /// The test itself, which is there at once: the side may still be bound to the one that has lost its partner.
    case thread(Thread<StreamRound.End>)

    init(of role: StreamRole, _ round: StreamRound, isProcess: Bool) throws {
        self = isProcess ? .process(try round.peer(role)) : .thread(round.side(role))
    }

    var processID: Int32 {
        switch self {
        case .process(let process): process.identifier
        case .thread: getpid()
        }
    }

    /// Whether its stream was whole, once that has ended.
    func hasEndedWell() throws -> Bool {
        switch self {
        case .process(let process):
            try Thread { process.wait() }.value(timeLimit: StreamRound.patience) == 0
        case .thread(let side): try side.value(timeLimit: StreamRound.patience).error == nil
        }
    }
}
