import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

@testable import SegmentBroker

/// A lifecycle and its pending action: a test sends events and answers, and compares the actions returned.
///
/// The broker is user 990 with group 990 in process 100. It serves segment "a" of 4096 bytes under key 0x77 for group
/// telemetry, number 500, mode 0660.
struct LifecycleUnderTest {
    typealias Action = SegmentLifecycle.Action
    typealias Permissions = SegmentLifecycle.Permissions

    private(set) var life: SegmentLifecycle
    /// Excluding notes.
    private(set) var wanted: [Action] = []
    var notes: [SegmentLifecycle.Note] = []

    static let key = SegmentKey(rawValue: 0x77)
    static let refusal = SegmentProblem(.kernelRefused, message: "refused")

    init(record: SegmentLifecycle.Record? = nil, trustsCreator: Bool = true) {
        let credentials = SegmentLifecycle.Credentials(
            userID: 990,
            groupID: 990,
            processID: 100,
            trustsCreator: trustsCreator
        )
        life = SegmentLifecycle(SegmentDefinition.test("a").name, as: credentials, record: record)
    }

    /// Created as segment 7, recorded, attached by the broker and opened to clients.
    static func ready(
        _ declaration: SegmentLifecycle.Declaration = .declared(),
        clients: UInt64 = 0
    ) -> LifecycleUnderTest {
        var test = LifecycleUnderTest()
        test.hear(.declared(declaration))
        if case .whileUsed = declaration.definition.keep { test.hear(.demanded(true)) }
        test.create(7)
        test.hear(.demanded(false))
        if clients > 0 { test.look(.segment(7, attachments: clients + 1)) }
        test.notes = []
        return test
    }

    /// Answers every action of a creation, from the look at the key to the permissions.
    mutating func create(_ identifier: Int32) {
        answer(.nothing)
        createUnderFreeKey(identifier)
    }

    /// The same after the look at the key.
    mutating func createUnderFreeKey(_ identifier: Int32) {
        answer(.done)
        answer(.created(SegmentIdentifier(rawValue: identifier)))
        answer(.done)
        answer(.attached(AttachmentAddress(rawValue: 0x7000)))
        answer(.observed(.segment(identifier)))
    }

    @discardableResult
    mutating func hear(_ event: SegmentLifecycle.Event) -> [Action] {
        wanted = []
        for action in life.receive(event) {
            if case .tell(let note) = action { notes.append(note) } else { wanted.append(action) }
        }
        return wanted
    }

    /// Answers the pending action.
    @discardableResult
    mutating func answer(_ answer: SegmentLifecycle.Answer) -> [Action] {
        guard let action = wanted.last(where: \.needsAnswer) else { return [] }
        return hear(.answered(action, answer))
    }

    /// Gives the same answer until the segment is at rest, up to eight times.
    mutating func settle(_ answer: SegmentLifecycle.Answer) {
        for _ in 0..<8 where !isAtRest { self.answer(answer) }
    }

    /// A look, answered with this observation.
    @discardableResult
    mutating func look(_ observation: SegmentLifecycle.Observation) -> [Action] {
        hear(.look)
        return answer(.observed(observation))
    }

    /// The notes since the last call.
    mutating func takeNotes() -> [SegmentLifecycle.Note] {
        defer { notes = [] }
        return notes
    }

    var isAtRest: Bool { !wanted.contains(where: \.needsAnswer) }
}

extension SegmentLifecycle.Permissions {
    static let declared = Self(userID: 990, groupID: 500, mode: FilePermissions(rawValue: 0o660))
    /// For the owner only.
    static let ownerOnly = Self(userID: 990, groupID: 990, mode: FilePermissions(rawValue: 0o600))
    /// As root might set them.
    static let root = Self(userID: 0, groupID: 0, mode: FilePermissions(rawValue: 0o666))
}

extension SegmentLifecycle.Traits {
    static func declared(_ key: SegmentKey = LifecycleUnderTest.key, process: Int32 = 100) -> Self {
        Self(key: key, size: 4096, creatorUserID: 990, creatorProcessID: process)
    }
}

extension SegmentLifecycle.Identity {
    static func segment(_ identifier: Int32) -> Self {
        Self(identifier: SegmentIdentifier(rawValue: identifier), traits: .declared())
    }
}

extension SegmentLifecycle.RecordedSegment {
    static func segment(_ identifier: Int32) -> Self { .created(.segment(identifier)) }
}

extension SegmentLifecycle.RecordedGroup {
    static let telemetry = Self(name: "telemetry", number: 500)
}

extension SegmentLifecycle.Declaration {
    static func declared(
        keep: KeepDeclaration = .untilReboot,
        size: UInt64 = 4096,
        group: String = "telemetry",
        lookup: GroupLookup = .found(500),
        key: SegmentKey = LifecycleUnderTest.key,
        renewsWhenUnused: Bool = false
    ) -> Self {
        Self(
            .test("a", size: size, group: group, keep: keep, key: .value(key)),
            group: lookup,
            key: .at(key),
            renewsWhenUnused: renewsWhenUnused
        )
    }
}

extension SegmentLifecycle.Observation {
    /// By default as created by the broker's process; a marked segment shows no key.
    static func segment(
        _ identifier: Int32,
        _ permissions: SegmentLifecycle.Permissions = .declared,
        attachments: UInt64 = 1,
        isMarked: Bool = false,
        creator: UInt32 = 990,
        process: Int32 = 100,
        size: UInt64 = 4096,
        key: SegmentKey = LifecycleUnderTest.key
    ) -> Self {
        let status = SegmentStatus(
            key: isMarked ? .private : key,
            ownerUserID: permissions.userID,
            ownerGroupID: permissions.groupID,
            creatorUserID: creator,
            creatorGroupID: creator,
            mode: permissions.mode,
            isMarkedForRemoval: isMarked,
            size: size,
            attachmentCount: attachments,
            creatorProcessID: process,
            lastAttach: 0,
            lastDetach: 0,
            lastChange: 0
        )
        return Self(SegmentIdentifier(rawValue: identifier), status)
    }

    /// Another user's segment under the declared key.
    static func stranger(_ identifier: Int32, process: Int32 = 300) -> Self {
        segment(identifier, .root, attachments: 0, creator: 1666, process: process, size: 8)
    }
}
