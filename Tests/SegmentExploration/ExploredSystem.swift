import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// One name with its declaration, host and broker, and the faults that may still occur.
package struct ExploredSystem: Hashable {
    package var host = Host()
    /// The declaration in the files.
    package var files: SegmentLifecycle.Declaration?
    /// Nil while it is not running.
    package var broker: SegmentLifecycle?
    /// The action the broker is waiting for; intrusions may come first.
    package var pending: SegmentLifecycle.Action?
    /// The remaining events of the current command.
    var script: [Step] = []
    /// The segment that a client holds a lease on.
    var leased: SegmentIdentifier?
    /// The process of the running or last broker.
    var processID: Int32 = 100
    let isService: Bool
    /// The segment whose removal an administrator has requested.
    var segmentToRemove: SegmentIdentifier?
    /// The broker has looked since the command began.
    var hasLooked = false
    /// An intrusion has happened since the command began.
    var isDisturbed = false
    /// Events since the broker was last at rest, to detect endless loops.
    var actions = 0

    // How many of each may still occur.
    var crashes: Int
    var refusals: Int
    var intrusions: Int

    static let user: UInt32 = 990
    static let name = SegmentDefinition.test("a").name
    static let refusal = SegmentProblem(.kernelRefused, message: "refused")

    enum Step: Hashable {
        case event(SegmentLifecycle.Event)
        /// Grants a lease if the segment is live and not draining.
        case grant
    }

    /// The host is empty, and the broker is not running.
    package init(_ scenario: Scenario, faults: Int) {
        files = scenario.declarations.first
        isService = scenario.isService
        (crashes, refusals, intrusions) = (faults, faults, faults)
    }

    var isAtRest: Bool { pending == nil && script.isEmpty }

    /// The live segment as the broker knows it.
    var live: SegmentLifecycle.Live? {
        if case .live(let live) = broker?.memory { live } else { nil }
    }

    // MARK: The broker's work

    mutating func start() throws(Violation) {
        giveUpWhatRootTook()
        processID = processID == 100 ? 101 : 100
        let credentials = SegmentLifecycle.Credentials(
            userID: Self.user,
            groupID: Self.user,
            processID: processID,
            trustsCreator: isService
        )
        broker = SegmentLifecycle(Self.name, as: credentials, record: host.record)
        try run([.event(files.map(SegmentLifecycle.Event.declared) ?? .undeclared), .event(.look)])
    }

    /// Begins a command, up to its first action that needs an answer.
    mutating func run(_ steps: [Step]) throws(Violation) {
        (hasLooked, isDisturbed, script) = (false, false, steps)
        try advance()
    }

    /// Performs the pending action and what follows, up to the next that needs an answer.
    mutating func step(_ between: Between = .nothing) throws(Violation) {
        guard let action = pending else { return }
        pending = nil
        guard let answer = try perform(action, between) else { return }
        try send(.answered(action, answer))
        try advance()
    }

    mutating func refuse() throws(Violation) {
        guard let action = pending else { return }
        pending = nil
        try send(.answered(action, .refused(Self.refusal)))
        try advance()
    }

    mutating func settle() throws(Violation) { while pending != nil { try step() } }

    mutating func die() {
        (broker, pending, script, leased, actions) = (nil, nil, [], nil, 0)
        host.unpin()
    }

    private mutating func send(_ event: SegmentLifecycle.Event) throws(Violation) {
        guard var broker else { return }
        if event == .look { hasLooked = true }
        actions += 1
        if actions > 80 { throw Violation("the broker does not come to rest") }
        let before = live
        let wanted = broker.receive(event)
        self.broker = broker
        for action in wanted {
            if action.needsAnswer { pending = action } else { _ = try perform(action) }
        }
        if let before, live?.identity != before.identity, leased == before.identity.identifier,
            broker.leases > 0
        {
            throw Violation("a lease on former memory counts for the present memory")
        }
    }

    private mutating func advance() throws(Violation) {
        while pending == nil, !script.isEmpty {
            switch script.removeFirst() {
            case .event(let event): try send(event)
            case .grant:
                guard let broker, let live, broker.state != .draining else { continue }
                leased = live.identity.identifier
                try send(.leases(1))
            }
        }
        guard pending == nil else { return }
        actions = 0
        if let broker, broker.isOver {
            // The broker forgets the name; a later declaration starts afresh.
            self.broker = SegmentLifecycle(broker.name, as: broker.credentials)
        }
        if let phase = broker?.phase, phase != .running { die() }
    }

    // MARK: The host's answers

    /// A fault between the two system calls of a replacement.
    package enum Between { case nothing, stranger, crash }

    /// Nil for an action without answer, and if a crash precedes the answer.
    mutating func perform(
        _ action: SegmentLifecycle.Action,
        _ between: Between = .nothing
    ) throws(Violation) -> SegmentLifecycle.Answer? {
        switch action {
        case .ask(let identifier):
            return host.index(identifier).map { .observed(host.segments[$0].observation) } ?? .nothing
        case .find(let key):
            return host.holder(of: key).map { .observed(host.segments[$0].observation) } ?? .nothing
        case .create(let traits):
            return host.holder(of: traits.key) == nil ? .created(create(traits, isOurs: true)) : .keyTaken
        case .attach(let identifier):
            guard let index = host.index(identifier) else { return .nothing }
            host.segments[index].isPinned = true
            return .attached(AttachmentAddress(rawValue: UInt(identifier.rawValue)))
        case .setPermissions(let identifier, let permissions):
            guard let index = host.index(identifier) else { return .nothing }
            try forbidForeign(index)
            guard mayChange(host.segments[index]) else { return .refused(Self.refusal) }
            host.segments[index].permissions = permissions
            return .observed(host.segments[index].observation)
        case .mark(let identity): return try mark(identity)
        case .replace(let identity, let traits):
            let answer = try mark(identity)
            guard answer == .done else { return answer }
            if between == .crash { return nil }
            if between == .stranger, host.holder(of: traits.key) == nil { createForeign(traits.key) }
            return host.holder(of: traits.key) == nil ? .created(create(traits, isOurs: true)) : .done
        case .writeRecord(let record):
            host.record = record
            // An adopted segment is the broker's once a restart would find it.
            for index in host.segments.indices where record.leads(to: host.segments[index].identity) {
                host.segments[index].isOurs = host.segments[index].isOurs || host.segments[index].isAdopted
            }
            return .done
        case .eraseRecord:
            host.record = nil
            return .done
        case .detach(let address, _):
            if let index = host.index(SegmentIdentifier(rawValue: Int32(address.rawValue))) {
                host.segments[index].isPinned = false
                host.sweep()
            }
            return nil
        case .tell(.adopted):
            if let live, let index = host.index(live.identity.identifier) {
                host.segments[index].isAdopted = true
            }
            return nil
        case .arm, .disarm, .tell: return nil
        }
    }

    private mutating func mark(
        _ identity: SegmentLifecycle.Identity
    ) throws(Violation) -> SegmentLifecycle.Answer {
        guard let index = host.index(identity.identifier), identity.fits(host.segments[index].observation),
            !host.segments[index].isMarked
        else { return .nothing }
        try forbidForeign(index)
        guard mayChange(host.segments[index]) else { return .refused(Self.refusal) }
        if host.segments[index].clients > 0, broker?.request?.isNow != true, broker?.phase == .running {
            throw Violation("a segment is removed while a client has it attached")
        }
        host.mark(index)
        return .done
    }

    /// Releases adopted segments that root has taken back, which only the broker still knows.
    mutating func giveUpWhatRootTook() {
        for index in host.segments.indices where !mayChange(host.segments[index]) {
            host.segments[index].isOurs = false
        }
    }

    /// IPC_SET and IPC_RMID are reserved to owner and creator.
    func mayChange(_ segment: Host.Segment) -> Bool {
        segment.permissions.userID == Self.user || segment.identity.traits.creatorUserID == Self.user
    }

    private func forbidForeign(_ index: Int) throws(Violation) {
        guard host.segments[index].isOurs || host.segments[index].isAdopted else {
            throw Violation("a foreign segment is changed")
        }
    }

    @discardableResult
    private mutating func create(_ traits: SegmentLifecycle.Traits, isOurs: Bool) -> SegmentIdentifier {
        let identifier = freeIdentifier
        if identifier == segmentToRemove { segmentToRemove = nil }
        host.create(traits, identifier, isOurs: isOurs)
        return identifier
    }

    /// A foreign segment; a person's daemon shares its user and may share its size.
    mutating func createForeign(_ key: SegmentKey) {
        let traits = SegmentLifecycle.Traits(
            key: key,
            size: isService ? 8 : 4,
            creatorUserID: isService ? 1666 : Self.user,
            creatorProcessID: 300
        )
        create(traits, isOurs: false)
    }

    /// The lowest identifier not in use or remembered: the kernel reuses identifiers only after a long time.
    private var freeIdentifier: SegmentIdentifier {
        var used = Set(host.segments.map(\.identifier))
        for record in [host.record, broker?.stored] {
            if case .created(let identity) = record?.segment { used.insert(identity.identifier) }
            if let replaced = record?.replacing { used.insert(replaced.identifier) }
            used.formUnion(record?.formerMemory.map(\.identity.identifier) ?? [])
        }
        if let live { used.insert(live.identity.identifier) }
        if let leased { used.insert(leased) }
        used.formUnion(broker?.formerMemory.map(\.identity.identifier) ?? [])
        var number: Int32 = 1
        while used.contains(SegmentIdentifier(rawValue: number)) { number += 1 }
        return SegmentIdentifier(rawValue: number)
    }
}

/// A violated invariant.
package struct Violation: Error, Hashable {
    package var text: String
    /// The outcome, and those that were allowed.
    package var facts: [String]

    init(_ text: String, _ facts: [String] = []) {
        self.text = text
        self.facts = facts
    }
}
