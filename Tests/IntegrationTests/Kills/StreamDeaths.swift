@testable import SegmentExchange

/// The stage a side had reached when it died.
enum StreamStage: String, CaseIterable {
    /// Before it took its side.
    case unopened
    /// It has claimed its side but is not bound to a peer.
    case opening
    /// It is bound to the other side, which is not bound to it yet.
    case binding
    case bound
    /// It has announced that everything has been written or read.
    case finishing
    /// It has released its side.
    case gone
}

/// The words of a side, and of the peer it may be bound to.
struct StreamTraces {
    private let role: StreamRole
    private let claim, serial, partner, end, othersSerial, othersPartner: UInt64

    init(_ role: StreamRole, in memory: SharedBytes) {
        let place = StreamPlace(role, in: memory)
        self.role = role
        claim = place.claim.load()
        serial = place.serial.load()
        partner = place.partner.load()
        end = place.end.load()
        othersSerial = StreamPlace(role.other, in: memory).serial.load()
        othersPartner = StreamPlace(role.other, in: memory).partner.load()
    }

    /// Whether both sides are bound to the same stream.
    var isBound: Bool { serial != 0 && partner == othersSerial && othersPartner == serial }

    /// Returns the stage that a process had reached, given the words `before` it started.
    func stage(since before: StreamTraces, of process: Int32) -> StreamStage {
        guard Claim(word: claim).processID == process else {
            return partner == before.partner ? .unopened : .gone
        }
        guard serial != 0, partner != 0 else { return .opening }
        if end == (role == .writer ? serial : partner) { return .finishing }
        return othersPartner == serial ? .bound : .binding
    }
}

/// All deaths of a test.
struct StreamDeaths: CustomStringConvertible {
    private var stages: [StreamStage: Int] = [:]
    /// The longest time from a death until the other side reported it.
    var slowest = Duration.zero

    mutating func count(_ stage: StreamStage) { stages[stage, default: 0] += 1 }

    var count: Int { stages.values.reduce(0, +) }

    var description: String {
        let counts = StreamStage.allCases.map { "\(stages[$0] ?? 0) \($0.rawValue)" }
        return "\(count) kills (\(counts.joined(separator: ", "))), told after \(slowest) at most"
    }
}
