import Segments
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Kernel settings that change while the daemon runs, which must never affect existing segments.
    @Suite(
        .serialized,
        .enabled(if: KernelSetting.canBeSet),
        .resilience("limits and settings of the kernel changed under the daemon")
    )
    struct KernelLimitTests {
        private let kernel = LinuxKernel()
        private let two = ["segments.d/a.toml": "size = 4096", "segments.d/b.toml": "size = \"1 MiB\""]

        private func identifiers(_ daemon: DaemonFixture) throws -> [SegmentIdentifier?] {
            try daemon.client().segments().map(\.identifier)
        }

        @Test
        func `there is a warning while shm_rmid_forced is set, and a running daemon loses nothing`()
            throws
        {
            try DaemonFixture.with(two, environment: DaemonFixture.oftenChecked) { daemon in
                let before = try identifiers(daemon)
                try KernelSetting.shmRmidForced.with(1) {
                    try daemon.expectSaidOnce("warning: Host: kernel.shm_rmid_forced is 1")
                    #expect(try daemon.status().contains("Warning: kernel.shm_rmid_forced is 1"))
                    #expect(try identifiers(daemon) == before)
                    daemon.kill()
                    #expect(try kernel.allSegments().isEmpty)
                    try daemon.start()
                    #expect(try daemon.client().segments().map(\.state) == [.ready, .ready])
                }
                try daemon.expectSaidOnce("Host: resolved: kernel.shm_rmid_forced is 1")
                #expect(try !daemon.status().contains("shm_rmid_forced"))
            }
        }

        @Test func `shmmni below its usage blocks only new segments, until it is raised`() throws {
            try DaemonFixture.with(two, environment: DaemonFixture.oftenChecked) { daemon in
                let before = try identifiers(daemon)
                try KernelSetting.shmmni.with(1) {
                    try daemon.expectSaidOnce("warning: Host: kernel.shmmni (")
                    #expect(try daemon.status().contains("Warning: kernel.shmmni ("))
                    #expect(try identifiers(daemon) == before)
                    daemon.kill()
                    try daemon.start()
                    #expect(try identifiers(daemon) == before)
                    try kernel.remove(try #require(before[0]))
                    try daemon.expectSaidOnce("Segment a is blocked: all 1 identifiers of the kernel")
                    #expect(try daemon.status("a").contains("kernel_limit"))
                    #expect(try identifiers(daemon) == [nil, before[1]])
                }
                try daemon.awaitChecks()
                #expect(try daemon.client().segments().map(\.state) == [.ready, .ready])
                try daemon.expectSaidOnce("Host: resolved: kernel.shmmni (")
            }
        }

        @Test func `another user takes every identifier: live segments stay, and a removed one comes back`()
            throws
        {
            try DaemonFixture.with(two, environment: DaemonFixture.oftenChecked) { daemon in
                let before = try identifiers(daemon)
                var taken: [SegmentIdentifier] = []
                defer { for identifier in taken { try? kernel.remove(identifier) } }
                while let identifier = try? kernel.get(.private, size: 1, flags: .create, mode: []) {
                    taken.append(identifier)
                }
                try daemon.expectSaidOnce("warning: Host: kernel.shmmni (")
                #expect(try identifiers(daemon) == before)
                try kernel.remove(try #require(before[0]))
                try daemon.awaitChecks(10)
                #expect(try daemon.client().segments().map(\.state) == [.ready, .ready])
                try daemon.write("size = 1", to: "segments.d/c.toml")
                _ = try daemon.client().reloadConfiguration()
                try daemon.expectSaidOnce("Segment c is blocked")
                try kernel.remove(taken.removeLast())
                try daemon.awaitChecks()
                #expect(try daemon.client().segment(named: "c").state == .ready)
            }
        }

        @Test func `shmmax below a segment's size causes a warning, and the segment stays`() throws {
            try DaemonFixture.with(two, environment: DaemonFixture.oftenChecked) { daemon in
                let before = try identifiers(daemon)
                try KernelSetting.shmmax.with(8192) {
                    try daemon.expectSaidOnce("warning: Host: kernel.shmmax is 8192 bytes: segment b")
                    #expect(try identifiers(daemon) == before)
                    try kernel.remove(try #require(before[1]))
                    try daemon.expectSaidOnce("Segment b is blocked: the size, 1 MiB, exceeds")
                    #expect(try daemon.status("b").contains("kernel_limit"))
                }
                try daemon.awaitChecks()
                #expect(try daemon.client().segments().map(\.state) == [.ready, .ready])
                try daemon.expectSaidOnce("Host: resolved: kernel.shmmax is 8192 bytes")
            }
        }

        @Test func `shmall below its usage causes a warning and blocks only new segments`() throws {
            try DaemonFixture.with(two, environment: DaemonFixture.oftenChecked) { daemon in
                let before = try identifiers(daemon)
                try KernelSetting.shmall.with(2) {
                    try daemon.expectSaidOnce("warning: Host: kernel.shmall (")
                    #expect(try identifiers(daemon) == before)
                    try kernel.remove(try #require(before[0]))
                    try daemon.expectSaidOnce("Segment a is blocked: the kernel's limit for all segments")
                }
                try daemon.awaitChecks()
                #expect(try daemon.client().segments().map(\.state) == [.ready, .ready])
                try daemon.expectSaidOnce("Host: resolved: kernel.shmall (")
            }
        }
    }
}
