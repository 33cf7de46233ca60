import SegmentModel
import SystemVSharedMemory
import Testing

@testable import SegmentBroker
@testable import SegmentExploration

/// Each event in each state: the actions performed and the state reached when nothing interferes.
@Suite struct TransitionTests {
    /// The moves that bring an `until-reboot` segment into a state.
    enum Situation: String {
        case absent = "removed by an administrator"
        case unused = "ready, and nobody uses it"
        case leased = "ready, and leased"
        case attached = "ready, and a client has it attached"
        case draining = "to be removed when unused, and attached"
        case undeclared = "no longer declared, and attached"
        case removing = "removed `now` while attached"
        case blocked = "a stranger has its key"

        var moves: [Move] {
            switch self {
            case .absent: [.start, .ask(.removeIdle)]
            case .unused: [.start]
            case .leased: [.start, .acquire]
            case .attached: [.start, .attach(first)]
            case .draining: [.start, .attach(first), .ask(.removeIdle)]
            case .undeclared: [.start, .attach(first), .undeclare]
            case .removing: [.start, .attach(first), .ask(.removeNow)]
            case .blocked: [.strangerCreates, .start]
            }
        }
    }

    /// One row of the table; a nil state means that the broker has ended.
    struct Row: CustomTestStringConvertible, Sendable {
        var situation: Situation
        var events: [Move]
        var state: SegmentLifecycle.State?
        var actions: String

        init(_ situation: Situation, _ events: Move..., to state: SegmentLifecycle.State?, _ actions: String)
        {
            (self.situation, self.events, self.state, self.actions) = (situation, events, state, actions)
        }

        var testDescription: String {
            "\(situation.rawValue): \(events.map(\.text).joined(separator: ", "))"
        }
    }

    private static let creating = "record, create, record, attach, permit"
    private static let renewing = "ask, record, restrict, record, replace, record, attach, permit"

    static let rows = [
        Row(.absent, .acquire, to: .ready, "find, \(creating)"),
        Row(.absent, .check, to: .absent, "find"),
        Row(.absent, .strangerCreates, .check, to: .blocked, "find"),
        Row(.absent, .ask(.removeIdle), to: .absent, "find"),
        Row(.absent, .ask(.renewIdle), to: .ready, "find, \(creating)"),
        Row(.absent, .reload, to: .ready, "\(creating), ask"),
        Row(.absent, .undeclare, to: .absent, ""),

        Row(.unused, .acquire, to: .ready, "ask"),
        Row(.unused, .check, to: .ready, "ask"),
        Row(.unused, .rootTakesOwnership(first), .check, to: .ready, "ask, permit"),
        Row(.unused, .rootRemoves(first), .check, to: .ready, "ask, find, \(creating)"),
        Row(.unused, .ask(.removeIdle), to: .absent, "ask, record, restrict, mark, find, erase"),
        Row(.unused, .ask(.removeNow), to: .absent, "ask, record, restrict, mark, find, erase"),
        Row(.unused, .ask(.renewIdle), to: .ready, renewing),
        Row(.unused, .ask(.renewNow), to: .ready, renewing),
        Row(.unused, .reload, to: .ready, "ask"),
        Row(.unused, .edit(1), to: .drifted, "ask"),
        Row(.unused, .undeclare, to: .absent, "restrict, mark, erase"),
        Row(.unused, .stop, to: nil, "ask"),
        Row(.unused, .restart, to: nil, ""),

        Row(.leased, .ask(.removeIdle), to: .draining, "ask, record"),
        Row(
            .leased,
            .ask(.removeIdle),
            .release,
            to: .absent,
            "ask, record, ask, restrict, mark, find, erase"
        ),
        Row(.leased, .ask(.removeNow), to: .absent, "ask, record, restrict, mark, find, erase"),
        Row(.leased, .ask(.renewIdle), to: .ready, "ask, record"),
        Row(.leased, .ask(.renewNow), to: .ready, renewing),
        Row(.leased, .undeclare, to: .draining, "ask"),

        Row(.attached, .check, to: .ready, "ask"),
        Row(.attached, .rootRemoves(first), .check, to: .ready, "ask, find, \(creating)"),
        Row(.attached, .ask(.removeIdle), to: .draining, "ask, record"),
        Row(.attached, .ask(.removeNow), to: .removing, "ask, record, mark, find, record"),
        Row(.attached, .ask(.renewIdle), to: .ready, "ask, record"),
        Row(
            .attached,
            .ask(.renewIdle),
            .detach(first),
            .check,
            to: .ready,
            "ask, record, ask, restrict, record, replace, record, attach, permit"
        ),
        Row(
            .attached,
            .ask(.renewNow),
            to: .ready,
            "ask, record, record, replace, record, attach, permit"
        ),
        Row(.attached, .undeclare, to: .draining, "restrict, permit, ask"),

        Row(.draining, .acquire, to: .draining, "ask"),
        Row(.draining, .detach(first), .check, to: .absent, "ask, restrict, mark, find, erase"),
        Row(.draining, .ask(.renewIdle), to: .ready, "ask, record"),
        Row(.draining, .reload, to: .draining, "ask"),
        Row(.draining, .rootRemoves(first), .check, to: .absent, "ask, find, record"),

        Row(.undeclared, .edit(0), to: .ready, "ask"),
        Row(.undeclared, .detach(first), .check, to: .absent, "ask, restrict, mark, erase"),
        Row(.undeclared, .rootRemoves(first), .check, to: .removing, "ask, record"),

        Row(.removing, .acquire, to: .removing, "ask, find"),
        Row(.removing, .check, to: .removing, "ask, find"),
        Row(.removing, .strangerCreates, .check, to: .blocked, "ask, find"),
        Row(.removing, .ask(.removeNow), to: .removing, "ask, find"),
        Row(.removing, .ask(.renewIdle), to: .ready, "ask, find, \(creating)"),
        Row(.removing, .reload, to: .removing, "ask, find"),
        Row(.removing, .reload, .detach(first), .check, to: .ready, "ask, find, ask, find, \(creating)"),
        Row(.removing, .detach(first), .check, to: .absent, "ask, find, erase"),
        Row(.removing, .undeclare, to: .removing, "ask"),

        Row(.blocked, .acquire, to: .blocked, "find"),
        Row(.blocked, .check, to: .blocked, "find"),
        Row(.blocked, .strangerRemoves, .check, to: .ready, "find, \(creating)"),
        Row(.blocked, .ask(.renewIdle), to: .blocked, "find, record"),
        Row(.blocked, .adopt, to: .drifted, "ask, record, attach, permit"),
    ]

    @Test(arguments: rows)
    func `each event in each state performs its actions and reaches its state`(row: Row) throws {
        let scenario = try #require(Scenario.all.first)
        var system = ExploredSystem(scenario, faults: 0)
        for move in row.situation.moves { _ = try system.actions(of: move, scenario) }
        var actions: [String] = []
        for event in row.events { actions += try system.actions(of: event, scenario) }
        #expect(system.broker?.state == row.state)
        #expect(actions.joined(separator: ", ") == row.actions)
    }

    private static let first = Situation.first

    @Test func `a stop removes until-stop segments and unused while-used ones`() throws {
        try expectStop(.untilStop, [.start], leaves: [])
        try expectStop(.untilStop, [.start, .attach(Situation.first)], leaves: ["marked"])
        try expectStop(.untilReboot, [.start], leaves: ["unmarked"])
        try expectStop(.whileUsed(linger: .zero), [.start, .acquire], leaves: ["unmarked"])
        try expectStop(.whileUsed(linger: .seconds(30)), [.start, .acquire, .release], leaves: [])
    }

    private func expectStop(_ keep: KeepDeclaration, _ moves: [Move], leaves segments: [String]) throws {
        let declaration = SegmentLifecycle.Declaration.declared(keep: keep)
        let scenario = Scenario(title: "stop", declarations: [declaration])
        var system = ExploredSystem(scenario, faults: 0)
        for move in moves + [.stop] { _ = try system.actions(of: move, scenario) }
        #expect(system.broker == nil)
        #expect(system.host.segments.map { $0.isMarked ? "marked" : "unmarked" } == segments)
    }

    @Test func `a while-used segment exists from its first Acquire until its linger is over`() throws {
        let keep = KeepDeclaration.whileUsed(linger: .seconds(30))
        let scenario = Scenario(title: "linger", declarations: [.declared(keep: keep)])
        var system = ExploredSystem(scenario, faults: 0)
        #expect(try system.actions(of: .start, scenario) == ["find", "find"])
        #expect(system.broker?.state == .absent)
        _ = try system.actions(of: .acquire, scenario)
        #expect(system.broker?.state == .ready)
        #expect(system.broker?.linger == .off)
        _ = try system.actions(of: .release, scenario)
        #expect(system.broker?.linger == .armed(.seconds(30)))
        let actions = try system.actions(of: .lingerOver, scenario)
        #expect(actions == ["ask", "restrict", "mark", "find", "erase"])
        #expect(system.broker?.state == .absent)
        #expect(system.broker?.linger == .off)
    }
}

extension TransitionTests.Situation {
    static let first = SegmentIdentifier(rawValue: 1)
    private var first: SegmentIdentifier { Self.first }
}

extension SegmentLifecycle.Request {
    static let removeIdle = Self(.remove)
    static let removeNow = Self(.remove, isNow: true)
    static let renewIdle = Self(.renew)
    static let renewNow = Self(.renew, isNow: true)
}

extension ExploredSystem {
    /// The actions that a move causes, until the broker is at rest.
    mutating func actions(of move: Move, _ scenario: Scenario) throws -> [String] {
        try make(move, scenario.declarations)
        var verbs: [String] = []
        while let action = pending {
            verbs.append(action.verb)
            try step()
        }
        return verbs
    }
}

extension SegmentLifecycle.Action {
    /// One word.
    fileprivate var verb: String {
        switch self {
        case .ask: "ask"
        case .find: "find"
        case .create: "create"
        case .attach: "attach"
        case .setPermissions(_, .ownerOnly): "restrict"
        case .setPermissions: "permit"
        case .mark: "mark"
        case .replace: "replace"
        case .writeRecord: "record"
        case .eraseRecord: "erase"
        case .detach, .arm, .disarm, .tell: ""
        }
    }
}
