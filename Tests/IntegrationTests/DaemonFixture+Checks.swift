import Glibc
import SegmentClient
import SegmentTestSupport
import Testing

extension DaemonFixture {
    /// Looks every 100 ms at what every 15 s would do.
    static let oftenChecked = ["WATCHDOG_USEC": "200000"]

    /// Waits until so many checks have begun and ended.
    func awaitChecks(_ count: Int = 3) throws {
        notify.drain()
        // A check tells that it begins, so that the one after the last has seen its end.
        for _ in 0...count { _ = try notify.expect("WATCHDOG=1") }
    }

    /// The lines of the log that have a text.
    func logged(_ text: String) -> [String] {
        log.split(separator: "\n").map(String.init).filter { $0.contains(text) }
    }

    /// After many more checks, the log has a text in one line and no more.
    func expectSaidOnce(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try awaitChecks(5)
        #expect(logged(text).count == 1, "\(log)", sourceLocation: sourceLocation)
    }

    /// What `segmentctl status` prints.
    func status(_ name: String = "") throws -> String {
        try segmentctl("status \(name)").output
    }
}

extension SegmentClient {
    /// Waits until there are so many leases.
    func awaitLeases(_ count: Int) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try status().leases != count {
            try #require(ContinuousClock.now < deadline, "there are not \(count) leases")
            usleep(5000)
        }
    }
}
