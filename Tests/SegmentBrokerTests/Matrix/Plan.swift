import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// An operation of a broker that takes several calls, with the state before and after it.
struct Plan: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// The declarations before.
    var before: [SegmentDefinition] = Self.usual
    /// The declarations in the files after the plan, whatever its result.
    var after: [SegmentDefinition] = Self.usual
    /// Whether a broker has started before.
    var isStarted = true
    /// Names whose segment may be another one afterwards.
    var mayReplace: Set<String> = []
    /// Names that no longer exist afterwards: undeclared and unused.
    var gone: Set<String> = []
    /// Actions of programs and others beforehand.
    var prepare: @Sendable (Scene) throws -> Void = { _ in }
    var run: @Sendable (Scene) throws -> Void

    static let usual: [SegmentDefinition] = [
        .test("boot"), .test("fixed", mode: 0o664, key: .value(SegmentKey(rawValue: 0x77))),
        .test("stop", keep: .untilStop), .test("used", keep: .whileUsed(linger: .seconds(5))),
    ]

    static let administrator = Viewer(client: .root, isAdministrator: true)

    static let all: [Plan] = [
        Plan(testDescription: "start", isStarted: false) { try $0.fixture.start(usual) },
        Plan(
            testDescription: "start again",
            prepare: {
                _ = try $0.acquire("used")
                try $0.spoilPermissions("boot")
                try $0.kill()
            },
            run: { try $0.fixture.start(usual) }
        ),
        Plan(testDescription: "create") { scene in
            if (try? scene.acquire("used")) != nil || scene.fixture.injector.hasCrashed { return }
            // A repeated request succeeds, without a check in between.
            #expect(throws: Never.self) { try scene.acquire("used") }
        },
        Plan(
            testDescription: "reload",
            before: usual + [.test("old")],
            after: [.test("boot", mode: 0o644), .test("fixed", size: 8192), .test("new")],
            mayReplace: ["stop", "used"],
            gone: ["old"],
            prepare: {
                _ = try $0.acquire("used")
                try $0.attach("used")
                try $0.attach("stop")
            },
            run: {
                $0.fixture.reload([.test("boot", mode: 0o644), .test("fixed", size: 8192), .test("new")])
            }
        ),
        Plan(
            testDescription: "drain",
            mayReplace: ["boot"],
            prepare: { _ = try $0.acquire("boot") },
            run: {
                // Refused if it cannot be recorded.
                try? $0.fixture.broker.remove("boot", when: .whenIdle, viewer: administrator)
                $0.fixture.broker.disconnected($0.holder)
            }
        ),
        Plan(testDescription: "remove", mayReplace: ["boot"]) {
            try? $0.fixture.broker.remove("boot", when: .ifUnused, viewer: administrator)
        },
        Plan(
            testDescription: "remove now",
            mayReplace: ["boot"],
            prepare: {
                _ = try $0.acquire("boot")
                try $0.attach("boot")
            },
            run: { try? $0.fixture.broker.remove("boot", when: .immediately, viewer: administrator) }
        ),
        Plan(
            testDescription: "make again what somebody removed",
            mayReplace: ["fixed"],
            prepare: { try $0.removeByRoot("fixed") },
            run: { $0.fixture.check() }
        ),
        Plan(
            testDescription: "stop",
            mayReplace: ["stop", "used"],
            prepare: {
                _ = try $0.acquire("used")
                try $0.attach("used")
                try $0.attach("stop")
            },
            run: { $0.fixture.broker.stop(isRestart: false) }
        ),
    ]
}
