import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// A process of the broker's own user, or root, that undoes each change of the broker at once.
@Suite struct UndoneTests {
    private func actingAsRoot(_ fixture: BrokerFixture, _ body: () throws -> Void) {
        try? fixture.kernel.acting(as: .root) { try body() }
    }

    @Test func `a program that undoes each repair does not keep the broker busy`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        func setMode(_ identifier: SegmentIdentifier) {
            actingAsRoot(fixture) {
                try fixture.kernel.setOwner(identifier, userID: 990, groupID: 500, mode: [.ownerReadWrite])
            }
        }
        setMode(identifier)
        fixture.injector.after = { call, _ in
            if case .setOwner(let identifier) = call { setMode(identifier) }
        }
        fixture.injector.restart()
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.injector.calls.count < 200)
        let described = try fixture.describe("a")
        #expect(described.state == .drifted)
        #expect(described.problems.map(\.kind.rawValue) == ["interference"])
        fixture.injector.after = { _, _ in }
        fixture.clock.now += .seconds(1)
        fixture.broker.expire()
        #expect(try fixture.describe("a").state == .ready)
        #expect(try fixture.kernel.statusOfAny(identifier).mode.rawValue == 0o660)
    }

    @Test func `a program that removes a segment as soon as it is created does not keep the broker busy`()
        throws
    {
        let fixture = try BrokerFixture()
        fixture.injector.after = { call, identifier in
            guard case .create = call, let identifier else { return }
            actingAsRoot(fixture) { try fixture.kernel.remove(identifier) }
        }
        try fixture.start([.test("a")])
        #expect(fixture.injector.calls.count < 200)
        #expect(try fixture.describe("a").problems.map(\.kind.rawValue) == ["interference"])
        fixture.injector.after = { _, _ in }
        fixture.clock.now += .seconds(1)
        fixture.broker.expire()
        #expect(try fixture.describe("a").state == .ready)
    }
}
