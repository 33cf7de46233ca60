import Glibc
import SegmentTestSupport

@testable import SegmentExchange

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
