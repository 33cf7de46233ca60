import Glibc
import Segments
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Changes to a segment by root: the daemon notices, logs each once, and repairs them.
    @Suite(.serialized, .resilience("root removes or changes a segment behind the daemon"))
    struct InterferenceTests {
        private let kernel = LinuxKernel()

        @Test func `ipcrm on an unattached segment: it is created again at once`() throws {
            try DaemonFixture.with(environment: DaemonFixture.oftenChecked) { daemon in
                let before = try daemon.client().segment(named: "a")
                let old = try #require(before.identifier)
                #expect(try Programs.run("ipcrm -m \(old)").status == 0)
                try daemon.expectSaidOnce("Segment a was marked for removal by another program")
                try daemon.expectSaidOnce("Segment a created again")
                let after = try daemon.client().segment(named: "a")
                #expect(after.state == .ready)
                #expect(after.identifier != old)
                #expect(after.key == before.key)
                #expect(try kernel.allSegments().count == 1)
            }
        }

        @Test func `a list shows the effect of ipcrm without waiting for a check`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client()
                let old = try #require(try client.segments().first?.identifier)
                #expect(try Programs.run("ipcrm -m \(old)").status == 0)
                let listed = try client.segments()
                #expect(listed.map(\.state) == [.ready])
                #expect(listed.first?.identifier != old)
                // Another thread makes the last detach of the old one.
                for _ in 0..<500 where try kernel.allSegments().count > 1 { usleep(10_000) }
                #expect(listed.compactMap(\.identifier) == Array(try kernel.allSegments().keys))
            }
        }

        @Test
        func
            `ipcrm on an attached segment: clients keep it, and it is created again at once`()
            throws
        {
            try DaemonFixture.with(environment: DaemonFixture.oftenChecked) { daemon in
                let client = try daemon.client()
                let old = try #require(try daemon.client().segment(named: "a").identifier)
                do {
                    let holding = Holding(try client.attach("a"))
                    holding.write(42, at: 0)
                    #expect(try Programs.run("ipcrm -m \(old)").status == 0)
                    try daemon.expectSaidOnce("Segment a was marked for removal by another program")
                    #expect(holding.read(at: 0) == 42)
                    let again = try client.segment(named: "a")
                    #expect(again.state == .ready)
                    #expect(again.identifier != old)
                    #expect(try daemon.segmentctl("key a").status == 0)
                    #expect(again.formerMemory.map(\.identifier) == [old])
                    #expect(again.formerMemory.map(\.attachmentCount) == [1])
                    #expect(again.leases.map(\.segment) == [old])
                    #expect(try daemon.status("a").contains("Old memory: identifier \(old)"))
                    #expect(try kernel.allSegments().count == 2)
                }
                try daemon.awaitChecks()
                #expect(try client.segment(named: "a").state == .ready)
                #expect(try client.segment(named: "a").formerMemory == [])
                try daemon.expectSaidOnce("Segment a created again")
                try daemon.expectSaidOnce(
                    "Segment a is created again while clients still have the old memory"
                )
                #expect(try kernel.allSegments().count == 1)
            }
        }

        @Test func `owner, group and mode are restored and reported once each time`() throws {
            try DaemonFixture.with(environment: DaemonFixture.oftenChecked) { daemon in
                let identifier = try #require(try daemon.client().segment(named: "a").identifier)
                let before = try kernel.statusOfAny(identifier)
                try kernel.setOwner(
                    identifier,
                    userID: 1001,
                    groupID: 1002,
                    mode: FilePermissions(rawValue: 0o666)
                )
                try daemon.expectSaidOnce(
                    "Segment a had owner 1001, group 1002, mode 0666: set as declared"
                )
                try kernel.setOwner(
                    identifier,
                    userID: before.ownerUserID,
                    groupID: before.ownerGroupID,
                    mode: []
                )
                try daemon.expectSaidOnce("mode 0000: set as declared")
                let after = try kernel.statusOfAny(identifier)
                #expect(after.ownerUserID == before.ownerUserID)
                #expect(after.ownerGroupID == before.ownerGroupID)
                #expect(after.mode == before.mode)
                #expect(try daemon.client().segment(named: "a").state == .ready)
            }
        }

        @Test func `a key conflict is reported once, although its owner attaches and detaches`() throws {
            let taken = SegmentKey(rawValue: 0x5345_4753)
            try DaemonFixture.with([:], environment: DaemonFixture.oftenChecked) { daemon in
                let identifier = try kernel.get(taken, size: 1, flags: .create, mode: .ownerReadWrite)
                defer { try? kernel.remove(identifier) }
                try daemon.write("size = 1\n[key]\nvalue = 0x53454753", to: "segments.d/a.toml")
                _ = try daemon.client().reloadConfiguration()
                for _ in 0..<3 {
                    let address = try kernel.attach(identifier, readOnly: true)
                    try daemon.awaitChecks(1)
                    try kernel.detach(address)
                    try daemon.awaitChecks(1)
                }
                try daemon.expectSaidOnce("Segment a is blocked")
                #expect(try daemon.status("a").contains("squatted"))
                try kernel.remove(identifier)
                try daemon.awaitChecks()
                #expect(try daemon.client().segment(named: "a").state == .ready)
            }
        }
    }
}
