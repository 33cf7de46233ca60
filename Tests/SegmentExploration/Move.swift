import SegmentBroker
import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// One step of the broker, a client, an administrator, root or a foreign program.
package enum Move: Hashable {
    // The broker's side.
    case start, stop, restart, kill
    case reload, undeclare
    /// To the declaration at this index; also possible while the broker is down.
    case edit(Int)
    case acquire, release
    case ask(SegmentLifecycle.Request)
    case adopt
    case check, lingerOver

    // Intrusions, possible at any moment.
    case attach(SegmentIdentifier), detach(SegmentIdentifier)
    case rootRemoves(SegmentIdentifier), rootTakesOwnership(SegmentIdentifier)
    case strangerCreates, strangerRemoves
}

extension ExploredSystem {
    /// The moves possible while the broker is at rest or not running.
    func moves(_ declarations: [SegmentLifecycle.Declaration]) -> [Move] {
        let edits = declarations.indices.filter { declarations[$0] != files }.map(Move.edit)
        guard let broker else { return intrusionMoves + [.start] + edits }
        var moves = intrusionMoves + edits + [.check, .stop, .restart]
        if crashes > 0 { moves.append(.kill) }
        if leased != nil { moves.append(.release) }
        if case .armed = broker.linger { moves.append(.lingerOver) }
        guard files != nil else { return moves }
        moves += [.undeclare, .reload]
        if leased == nil { moves.append(.acquire) }
        for verb in [SegmentLifecycle.Request.Verb.remove, .renew] {
            for isNow in [false, true] { moves.append(.ask(SegmentLifecycle.Request(verb, isNow: isNow))) }
        }
        if foreign != nil { moves.append(.adopt) }
        return moves
    }

    /// The moves of clients, a foreign program and root, possible at any moment.
    var intrusionMoves: [Move] {
        var moves: [Move] = []
        for segment in host.segments where segment.isOurs {
            if segment.clients > 0 {
                moves.append(.detach(segment.identifier))
            } else if !segment.isMarked, !segment.isOwnerOnly {
                moves.append(.attach(segment.identifier))
            }
            guard !segment.isMarked else { continue }
            moves.append(.rootRemoves(segment.identifier))
            if segment.permissions.userID == Self.user {
                moves.append(.rootTakesOwnership(segment.identifier))
            }
        }
        if foreign != nil { moves.append(.strangerRemoves) }
        if host.holder(of: Scenario.key) == nil, host.segments.count < 4 {
            moves.append(.strangerCreates)
        }
        return moves
    }

    /// A foreign segment under the declared key.
    private var foreign: Int? {
        host.holder(of: Scenario.key).flatMap { host.segments[$0].isOurs ? nil : $0 }
    }

    /// Begins a move, up to the broker's first pending action.
    mutating func make(
        _ move: Move,
        _ declarations: [SegmentLifecycle.Declaration]
    ) throws(Violation) {
        if let live, broker?.request?.verb == .remove { segmentToRemove = live.identity.identifier }
        switch move {
        case .start: try start()
        case .stop: try run([.event(.stopping)])
        case .restart: try run([.event(.restarting)])
        case .kill:
            crashes -= 1
            die()
        case .reload: if let files { try run([.event(.declared(files)), .event(.look)]) }
        case .undeclare:
            files = nil
            try run([.event(.undeclared), .event(.look)])
        case .edit(let index):
            files = declarations[index]
            if broker != nil { try run([.event(.declared(declarations[index])), .event(.look)]) }
        case .acquire:
            try run([.event(.look), .event(.demanded(true)), .grant, .event(.demanded(false))])
        case .release:
            leased = nil
            try run([.event(.look), .event(.leases(0))])
        case .ask(let request):
            if request.verb == .renew { segmentToRemove = nil }
            try run([.event(.look), .event(.asked(request))])
        case .adopt:
            guard let foreign else { return }
            host.segments[foreign].permissions.userID = Self.user
            try run([.event(.adopt(host.segments[foreign].identifier))])
        case .check:
            try run([.event(.returned)] + (files.map { [.event(.resolved($0))] } ?? []) + [.event(.look)])
        case .lingerOver: try run([.event(.look), .event(.lingerOver)])
        case .attach, .detach, .rootRemoves, .rootTakesOwnership, .strangerCreates, .strangerRemoves:
            intrude(move)
        }
    }

    /// Makes a move that the broker does not notice.
    mutating func intrude(_ move: Move) {
        isDisturbed = true
        switch move {
        case .attach(let identifier): change(identifier) { $0.clients = 1 }
        case .detach(let identifier): change(identifier) { $0.clients = 0 }
        case .rootRemoves(let identifier): change(identifier) { $0.isMarked = true }
        case .rootTakesOwnership(let identifier):
            change(identifier) {
                $0.permissions = SegmentLifecycle.Permissions(userID: 0, groupID: 0, mode: [.ownerReadWrite])
            }
            if live?.identity.identifier != identifier { giveUpWhatRootTook() }
        case .strangerCreates: createForeign(Scenario.key)
        case .strangerRemoves: if let foreign { host.mark(foreign) }
        default: break
        }
    }

    private mutating func change(_ identifier: SegmentIdentifier, _ body: (inout Host.Segment) -> Void) {
        guard let index = host.index(identifier) else { return }
        body(&host.segments[index])
        host.sweep()
    }
}
