import Glibc
import Logging
import SegmentModel
import Testing

@testable import Systemd

@Suite(.serialized) struct SystemdTests {
    @Test(arguments: [
        (ServiceState.ready, "READY=1"), (.reloading(at: 7), "RELOADING=1\nMONOTONIC_USEC=7"),
        (.stopping, "STOPPING=1"), (.watchdog, "WATCHDOG=1"),
        (.status("two\nlines"), "STATUS=two lines"), (.extendTimeout(5), "EXTEND_TIMEOUT_USEC=5"),
    ])
    func `a state has the text of sd_notify`(state: ServiceState, text: String) {
        #expect(state.text == text)
    }

    @Test func `journal fields have segmentd's prefix`() {
        #expect(Journal.field("event") == "MESSAGE_ID")
        #expect(
            LoggedKey.allCases.dropFirst().map { Journal.field($0.rawValue) } == [
                "SEGMENTD_SEGMENT", "SEGMENTD_KEY", "SEGMENTD_SHMID",
            ]
        )
    }

    @Test func `levels have the numbers of syslog`() {
        #expect(Logger.Level.allCases.map(Journal.priority) == [7, 7, 6, 5, 4, 3, 2])
    }

    @Test func `the catalog explains every message id, and no other`() throws {
        let path = #filePath.replacing(
            "Tests/SystemdTests/SystemdTests.swift",
            with: "systemd/segmentd.catalog"
        )
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var identifiers: [String] = []
        var line = [CChar](repeating: 0, count: 1024)
        while fgets(&line, 1024, file) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)),
                as: UTF8.self
            )
            if text.hasPrefix("-- ") { identifiers.append(String(text.dropFirst(3))) }
        }
        #expect(Set(identifiers) == Set(LoggedEvent.allCases.map(\.rawValue)))
        #expect(identifiers.count == LoggedEvent.allCases.count)
    }

    @Test(
        arguments: [
            (nil, nil, nil), ("20000000", nil, Duration.seconds(20)), ("20000000", "1", nil), ("0", nil, nil),
            ("x", nil, nil),
        ] as [(String?, String?, Duration?)]
    )
    func `the watchdog is used only if meant for this process`(
        time: String?,
        process: String?,
        expected: Duration?
    ) {
        set("WATCHDOG_USEC", time)
        set("WATCHDOG_PID", process)
        defer {
            set("WATCHDOG_USEC", nil)
            set("WATCHDOG_PID", nil)
        }
        #expect(NotifySocket.watchdogTimeout == expected)
    }

    @Test func `sockets handed to another process are not taken`() throws {
        set("LISTEN_FDS", "1")
        set("LISTEN_FDNAMES", "varlink")
        set("LISTEN_PID", "1")
        defer { for name in ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"] { set(name, nil) } }
        #expect(try ListeningSockets.take(named: "varlink") == nil)
    }

    private func set(_ name: String, _ value: String?) {
        if let value { setenv(name, value, 1) } else { unsetenv(name) }
    }
}
