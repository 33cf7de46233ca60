import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// The surroundings of a plan: segments that existed before and must still exist afterwards.
final class Scene {
    let plan: Plan
    let fixture: BrokerFixture
    private(set) var holder = LeaseHolder(.root)
    private var foreign: [SegmentIdentifier: SegmentStatus] = [:]
    private var attached: [AttachmentAddress] = []
    private var made: [String: SegmentIdentifier] = [:]

    /// Prepares everything to run the plan.
    init(_ plan: Plan) throws {
        self.plan = plan
        fixture = try BrokerFixture()
        // Two foreign segments: one under an undeclared key, one under a key that a segment moves to.
        let stranger = Client(processID: 300, userID: 1666, groupID: 1666, supplementaryGroupIDs: [])
        for key in [SegmentKey(rawValue: 0x1234), .private] {
            let identifier = try fixture.kernel.acting(as: stranger) { () throws(Errno) in
                try fixture.kernel.get(key, size: 4096, flags: .create, mode: .ownerReadWrite)
            }
            foreign[identifier] = try fixture.kernel.statusOfAny(identifier)
        }
        if plan.isStarted { try fixture.start(plan.before) }
        try plan.prepare(self)
        for (name, record) in fixture.disk.records { made[name.string] = record.identifier }
        fixture.injector.restart()
    }

    /// Kills the broker: every connection breaks and every lease ends.
    func kill() throws {
        try fixture.kill()
        holder = LeaseHolder(.root)
    }

    func acquire(_ name: String) throws -> Grant {
        try fixture.broker.acquire(name, .readWrite, holder)
    }

    /// Attaches a segment as a program that stays.
    func attach(_ name: String) throws {
        attached.append(try fixture.attach(try #require(try fixture.describe(name).identifier)))
    }

    func spoilPermissions(_ name: String) throws {
        let identifier = try #require(try fixture.describe(name).identifier)
        try fixture.kernel.acting(as: .root) { () throws(Errno) in
            try fixture.kernel.setOwner(identifier, userID: 0, groupID: 0, mode: [])
        }
    }

    func removeByRoot(_ name: String) throws {
        let identifier = try #require(try fixture.describe(name).identifier)
        try fixture.kernel.acting(as: .root) { () throws(Errno) in try fixture.kernel.remove(identifier) }
    }

    /// The broker's segments in the kernel that are not marked for removal.
    var ours: [SegmentIdentifier: SegmentStatus] {
        fixture.kernel.segments.filter { $0.value.creatorUserID == 990 && !$0.value.isMarkedForRemoval }
    }

    /// Expects kernel, records and files to agree: nothing is lost, duplicated or orphaned, and nothing
    /// foreign was touched.
    func expectAgreement(_ comment: Comment) throws {
        let live = fixture.broker.segments.values.filter { $0.live != nil }
        let known = live.compactMap { $0.live?.identity.identifier }
        let ours = ours
        #expect(Set(known) == Set(ours.keys), comment)
        #expect(Set(known).count == known.count, comment)
        #expect(fixture.disk.records.count >= live.count, comment)
        for segment in live {
            let identifier = try #require(segment.live?.identity.identifier)
            #expect(fixture.disk.records[segment.name]?.identifier == identifier, comment)
            #expect(fixture.kernel.attachmentCount(of: identifier, in: BrokerFixture.processID) == 1, comment)
            guard let definition = segment.definition else { continue }
            #expect(ours[identifier]?.mode == definition.mode, comment)
            #expect(ours[identifier]?.ownerGroupID == 500, comment)
            #expect(ours[identifier]?.ownerUserID == 990, comment)
        }
        for definition in plan.after where definition.keep != .whileUsed(linger: .seconds(5)) {
            let described = try fixture.describe(definition.name.string)
            #expect([.ready, .drifted].contains(described.state) || isMarked(described), comment)
        }
        for name in fixture.disk.records.keys {
            #expect(fixture.broker.segments[name.string]?.lifecycle.stored != nil, comment)
        }
        for name in plan.gone { #expect(fixture.broker.segments[name] == nil, "\(comment): \(name)") }
        for (name, identifier) in made where !plan.mayReplace.union(plan.gone).contains(name) {
            #expect(fixture.kernel.segments[identifier]?.isMarkedForRemoval == false, "\(comment): \(name)")
        }
        for (identifier, status) in foreign {
            #expect(fixture.kernel.segments[identifier] == status, comment)
        }
    }

    private func isMarked(_ described: SegmentDescription) -> Bool {
        described.state == .removing
            && described.identifier.map {
                fixture.kernel.segments[$0]?.isMarkedForRemoval == true
            } ?? false
    }

    /// Expects nothing to be left once all programs have ended and nothing is declared.
    func expectNothingLeft(_ comment: Comment) throws {
        for address in attached { try? fixture.kernel.detach(address) }
        fixture.broker.disconnected(holder)
        fixture.reload([])
        fixture.check()
        fixture.check()
        #expect(Set(fixture.kernel.segments.keys) == Set(foreign.keys), comment)
        #expect(fixture.disk.records.isEmpty, comment)
        #expect(fixture.broker.segments.isEmpty, comment)
        #expect(fixture.broker.leaseCount == 0, comment)
    }
}
