import Glibc
import Logging
import Testing

@testable import Systemd

@Suite struct LogTests {
    private func line(_ text: String) -> LogLine { LogLine(.info, text) }

    @Test func `lines are written in order, and once`() {
        var buffer = LogBuffer()
        buffer.add(line("a"))
        buffer.add(line("b"))
        #expect(buffer.take().map(\.message) == ["a", "b"])
        #expect(buffer.isEmpty)
        #expect(buffer.take().isEmpty)
    }

    @Test(arguments: [(1, "1 log line was lost"), (3, "3 log lines were lost")])
    func `the newest lines without room are counted where they are missing`(lost: Int, notice: String) {
        var buffer = LogBuffer(mostLines: 2)
        for number in 0..<2 + lost { buffer.add(line("\(number)")) }
        #expect(buffer.take().map(\.message) == ["0", "1", notice])
        buffer.add(line("after"))
        #expect(buffer.take().map(\.message) == ["after"])
    }

    @Test func `a long line takes the space of many`() {
        var buffer = LogBuffer(mostBytes: 1000)
        buffer.add(line(String(repeating: "x", count: 900)))
        buffer.add(line(String(repeating: "y", count: 100)))
        // A shorter line that fits would hide that lines were lost before it.
        buffer.add(line(""))
        #expect(buffer.take().map(\.message.count) == [900, "2 log lines were lost".count])
    }

    @Test func `log lines cannot control a terminal`() {
        let line = LogLine(.info, "a\u{1b}[2J\nb", ["segment": "c\u{9b}", "event": "d"])
        #expect(line.message == "a?[2J?b")
        #expect(
            Journal.fields(line) == [
                "MESSAGE=a?[2J?b", "PRIORITY=6", "SYSLOG_IDENTIFIER=segmentd", "MESSAGE_ID=d",
                "SEGMENTD_SEGMENT=c?",
            ]
        )
    }
}

@Suite struct ServiceManagerTests {
    @Test(
        arguments: [
            ([[.ready, .status("a")]], ["READY=1|STATUS=a"]),
            ([[.status("a")], [.status("b")]], ["STATUS=b"]),
            (
                [[.reloading(at: 1), .status("Reloading")], [.ready, .status("b")]],
                ["RELOADING=1|MONOTONIC_USEC=1", "READY=1|STATUS=b"]
            ),
            (
                [[.ready], [.reloading(at: 1)], [.ready], [.reloading(at: 2), .status("c")]],
                ["READY=1", "RELOADING=1|MONOTONIC_USEC=2|STATUS=c"]
            ),
            ([[.ready, .status("a")], [.stopping, .status("b")]], ["READY=1", "STOPPING=1|STATUS=b"]),
            ([[.watchdog], [.extendTimeout(5)]], []), ([[.status("a"), .watchdog]], ["STATUS=a"]),
        ] as [([[ServiceState]], [String])]
    )
    func `unsent states are the latest of each kind, in order`(told: [[ServiceState]], messages: [String]) {
        var untold = UntoldStates()
        for states in told { untold.add(states) }
        var seen: [String] = []
        while !untold.states.isEmpty {
            seen.append(untold.next.map(\.text).joined(separator: "\n").replacing("\n", with: "|"))
            untold.told()
        }
        #expect(seen == messages)
    }

    @Test func `a service manager that does not read is notified once it does, without blocking`() throws {
        let name = "segmentd-test-\(getpid())"
        let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: name.utf8) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
        let isBound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) == 0 }
        }
        try #require(isBound)
        let manager = NotifySocket("@" + name)
        var count = 0
        while manager.tell([.status("\(count)")]), count < 100_000 { count += 1 }
        try #require(count < 100_000)
        #expect(!manager.tell([.ready, .status("last")]))
        var buffer = [UInt8](repeating: 0, count: 256)
        while recv(listener, &buffer, buffer.count, 0) > 0 {}
        #expect(manager.tell([]))
        let received = recv(listener, &buffer, buffer.count, 0)
        #expect(String(decoding: buffer.prefix(max(0, received)), as: UTF8.self) == "READY=1\nSTATUS=last")
        #expect(recv(listener, &buffer, buffer.count, 0) < 0)
    }

    @Test(arguments: [nil, "", "relative", "vsock:2:1", "/nobody/listens"])
    func `a missing listener is not an error`(name: String?) {
        #expect(NotifySocket(name).tell([.ready, .watchdog]))
    }

    @Test(arguments: [
        ("         0          0          1\n       997        997          1\n", true),
        ("       997        997          1\n", true), ("         0          0 4294967295\n", false),
        ("         0     524288      65536\n", false),
        ("         0       1000          1\n         1     100000      65536\n", false), ("", false),
        ("x", false),
    ])
    func `a user namespace that hides all others is recognized by its map`(map: String, hides: Bool) {
        #expect(UserNamespace.hidesUsers(map) == hides)
    }
}
