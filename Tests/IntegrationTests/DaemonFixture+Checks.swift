import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing
import SystemPackage

extension DaemonFixture {
    /// Runs `body` beside a daemon that is ready, and expects an empty kernel afterwards.
    ///
    /// `prefix` is a command that starts the daemon.
    static func with(
        _ files: [String: String] = ["segments.d/a.toml": "size = 4096"],
        environment: [String: String] = [:],
        prefix: [String] = [],
        _ body: (DaemonFixture) throws -> Void
    ) throws {
        try IPCNamespace.requireOwn()
        try #require(try LinuxKernel().allSegments().isEmpty, "segments are left from an earlier test")
        let fixture = try DaemonFixture(files, environment: environment, prefix: prefix)
        defer { Self.remove(fixture.directory) }
        do {
            _ = try fixture.notify.expect("READY=1")
            try body(fixture)
        } catch {
            print(fixture.log)
            fixture.end()
            throw error
        }
        // A sanitizer's report also shows as an exit status.
        #expect(fixture.end() == 0, "the daemon ends badly: \(fixture.log)")
        #expect(try LinuxKernel().allSegments().isEmpty, "the daemon has left segments in the kernel")
    }

    @discardableResult
    private func end() -> Int32 {
        notify.drain()
        if process.exitStatus != nil { try? start() }
        // Connections of the test may still count against a limit.
        for _ in 0..<100 {
            do {
                let client = try client()
                // Another segment may be waiting for a freed key.
                for _ in 0..<2 {
                    for segment in try client.segments() {
                        try client.remove(segment.name, when: .immediately)
                    }
                }
                break
            } catch {
                usleep(20_000)
            }
        }
        return stop()
    }

    func client(timeout: Duration = .seconds(5)) throws -> SegmentClient {
        try SegmentClient(socket: FilePath(socket), timeout: timeout)
    }

    /// Runs segmentctl.
    func segmentctl(_ arguments: String) throws -> (status: Int32, output: String) {
        try Programs.run("SEGMENTD_SOCKET='\(socket)' '\(Programs.path("segmentctl"))' \(arguments)")
    }

    /// Makes the daemon check every 100 ms instead of every 15 s.
    static let oftenChecked = ["WATCHDOG_USEC": "200000"]

    /// Waits until `count` checks have begun and ended.
    func awaitChecks(_ count: Int = 3) throws {
        notify.drain()
        // A check is reported when it begins, so one more report means that the last has ended.
        for _ in 0...count { _ = try notify.expect("WATCHDOG=1") }
    }

    /// Returns the lines of the log that contain a text.
    func logged(_ text: String) -> [String] {
        log.split(separator: "\n").map(String.init).filter { $0.contains(text) }
    }

    /// Expects that after many more checks, exactly one line of the log contains the text.
    func expectSaidOnce(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try awaitChecks(5)
        #expect(logged(text).count == 1, "\(log)", sourceLocation: sourceLocation)
    }

    /// Returns the output of `segmentctl status`.
    func status(_ name: String = "") throws -> String {
        try segmentctl("status \(name)").output
    }
}

extension SegmentClient {
    /// Waits until there are `count` leases.
    func awaitLeases(_ count: Int) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try daemonStatus().leaseCount != count {
            try #require(ContinuousClock.now < deadline, "there are not \(count) leases")
            usleep(5000)
        }
    }
}

extension NotifyListener {
    /// Waits for a message with a line that has this beginning, and returns the message.
    func expect(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        while let message = next() {
            if message.contains(where: { $0.hasPrefix(line) }) { return message }
        }
        Issue.record("no \(line)", sourceLocation: sourceLocation)
        throw NothingSaid()
    }

    struct NothingSaid: Error {}
}
