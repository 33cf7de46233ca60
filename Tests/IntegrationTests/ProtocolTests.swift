import Glibc
import POSIX
import Segments
import SegmentModel
import SegmentTestSupport
import Testing
import Varlink

/// A connection that sends and receives raw bytes.
final class RawConnection {
    private let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    private var received: ArraySlice<UInt8> = []

    init(_ path: String) throws {
        try #require(UnixAddress(path)?.withPointer { connect(socket, $0, $1) } == 0)
    }

    deinit { close(socket) }

    /// `|` stands for the zero byte that ends a message.
    func send(_ text: String) {
        let bytes = Array(text.utf8).map { $0 == UInt8(ascii: "|") ? 0 : $0 }
        Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Waits until there is something to receive, without receiving it.
    func awaitReply() throws {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        try #require(poll(&entry, 1, 5000) > 0, "the daemon says nothing")
    }

    /// The number of bytes waiting in the kernel to be received.
    var unread: Int {
        var count: Int32 = 0
        _ = ioctl(socket, UInt(FIONREAD), &count)
        return Int(count)
    }

    func sendNoMore() { shutdown(socket, Int32(SHUT_WR)) }

    /// Returns the next message; nil once the daemon has closed the connection.
    func receive() throws -> String? {
        while true {
            if let end = received.firstIndex(of: 0) {
                defer { received = received[(end + 1)...] }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            try awaitReply()
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            received += buffer[..<count]
        }
    }
}

extension RealDaemon {
    /// Raw requests and replies, as Varlink's own tools expect of a service.
    @Suite(.serialized) struct ProtocolTests {
        static let ping = #"{"method":"io.systemd.service.Ping"}|"#
        static let pong = #"{"parameters":{}}"#

        static let answers: [(String, String)] =
            [
                (ping, pong), (" \n {\"method\" : \"io.systemd.service.Ping\" } \n|", pong),
                (#"{"method":"io.systemd.service.Ping","parameters":null}|"#, pong),
                (#"{"method":"io.systemd.service.Ping","more":true}|"#, pong),
                (#"{"method":"io.systemd.service.Ping","more":false,"oneway":false}|"#, pong),
                (#"{"method":"io.systemd.service.Ping","org.example.vendor":1}|"#, pong),
                (
                    #"{"method":"foo.bar.Baz"}|"#,
                    #"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"foo.bar"}}"#
                ),
                (
                    #"{"method":"io.segmentd.Broker.Nope"}|"#,
                    #"{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"io.segmentd.Broker.Nope"}}"#
                ),
                (
                    #"{"method":"io.segmentd.Broker.List"}|"#,
                    #"{"error":"org.varlink.service.ExpectedMore","parameters":{}}"#
                ),
                (
                    #"{"method":"io.segmentd.Broker.Subscribe"}|"#,
                    #"{"error":"org.varlink.service.ExpectedMore","parameters":{}}"#
                ),
                (
                    #"{"method":"io.segmentd.Broker.Acquire","parameters":{"x":1,"name":"a"}}|"#,
                    #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"x"}}"#
                ),
                (
                    #"{"method":"io.segmentd.Broker.Acquire"}|"#,
                    #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"name"}}"#
                ),
                (
                    #"{"method":"io.segmentd.Broker.Acquire","parameters":{"name":"\u0061","access":"all"}}|"#,
                    #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"access"}}"#
                ),
                (
                    #"{"method":"io.segmentd.Broker.Acquire","parameters":{"name":"b"}}|"#,
                    #"{"error":"io.segmentd.Broker.NoSuchSegment","parameters":{"name":"b"}}"#
                ),
                (
                    #"{"method":"io.segmentd.Broker.Release","parameters":{"lease":"7"}}|"#,
                    #"{"error":"io.segmentd.Broker.NoSuchLease","parameters":{"lease":"7"}}"#
                ),
                (
                    #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"x.y"}}|"#,
                    #"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"x.y"}}"#
                ),
            ]
            + ["8", "-9223372036854775808", "9223372036854775807", "18446744073709551616", "1e300", "0.5"].map
        {
            (
                #"{"method":"io.systemd.service.SetLogLevel","parameters":{"level":\#($0)}}|"#,
                #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"level"}}"#
            )
        }

        @Test func `replies match the protocol exactly`() throws {
            try DaemonFixture.with { daemon in
                let connection = try RawConnection(daemon.socket)
                for (call, reply) in Self.answers {
                    connection.send(call)
                    #expect(try connection.receive() == reply, "\(call)")
                }
            }
        }

        static let offences: [String] = [
            "|", "[]|", "{}|", "x|", #"{"method":"io.systemd.service.Ping"|"#, #"{"method":1}|"#,
            #"{"method":"io.systemd.service.Ping","x":1}|"#,
            #"{"method":"io.systemd.service.Ping","method":"io.systemd.service.Ping"}|"#,
            #"{"method":"io.systemd.service.Ping","upgrade":true}|"#,
            #"{"method":"io.systemd.service.Ping","more":true,"oneway":true}|"#,
            #"{"method":"io.systemd.service.Ping","parameters":[]}|"#, #"{"method":"a\u0000.b"}|"#,
            #"{"method":"io.systemd.service.Ping"}{}|"#,
            String(repeating: "[", count: 100_000) + "|",
            "{\"method\":\"" + String(repeating: "x", count: 1 << 20),
        ]

        @Test func `a message that is not a call costs only its sender the connection`() throws {
            try DaemonFixture.with { daemon in
                let bystander = try RawConnection(daemon.socket)
                for offence in Self.offences {
                    let connection = try RawConnection(daemon.socket)
                    connection.send(offence)
                    #expect(try connection.receive() == nil, "\(offence.prefix(80))")
                    bystander.send(Self.ping)
                    #expect(try bystander.receive() == Self.pong)
                }
            }
        }

        @Test func `calls are answered in order, and oneway ones not at all`() throws {
            try DaemonFixture.with { daemon in
                let connection = try RawConnection(daemon.socket)
                connection.send(
                    #"{"method":"foo.bar.Baz","oneway":true}|"#
                        + #"{"method":"io.segmentd.Broker.Release","parameters":{"lease":"1"}}|"#
                        + #"{"method":"io.segmentd.Broker.Acquire","parameters":{"name":"a"},"oneway":true}|"#
                        + #"{"method":"io.segmentd.Broker.Release","parameters":{"lease":"1"}}|"# + Self.ping
                )
                connection.sendNoMore()
                #expect(try connection.receive()?.contains("NoSuchLease") == true)
                #expect(try connection.receive() == Self.pong)
                #expect(try connection.receive() == Self.pong)
                #expect(try connection.receive() == nil)
            }
        }

        @Test(arguments: [false, true])
        func `calls of a client that closes at once are all processed, however many`(leavesReply: Bool) throws
        {
            try DaemonFixture.with { daemon in
                do {
                    let connection = try RawConnection(daemon.socket)
                    if leavesReply {
                        connection.send(Self.ping)
                        try connection.awaitReply()
                    }
                    let ping = #"{"method":"io.systemd.service.Ping","oneway":true}|"#
                    connection.send(
                        String(repeating: ping, count: 3000)
                            + #"{"method":"io.segmentd.Broker.Remove","parameters":{"name":"a"},"oneway":true}|"#
                    )
                }
                let client = try daemon.client()
                for _ in 0..<500 where try client.segment(named: "a").state != .absent { usleep(10_000) }
                #expect(try client.segment(named: "a").state == .absent)
                for _ in 0..<500 where try client.daemonStatus().connectionCount != 1 { usleep(10_000) }
                #expect(try client.daemonStatus().connectionCount == 1)
            }
        }

        @Test func `many long replies to simultaneous calls all arrive`() throws {
            try DaemonFixture.with { daemon in
                let connection = try RawConnection(daemon.socket)
                let call =
                    #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.segmentd.Broker"}}|"#
                connection.send(String(repeating: call, count: 30))
                for _ in 0..<30 {
                    #expect(try connection.receive()?.hasPrefix(#"{"parameters":{"description":"#) == true)
                }
            }
        }

        @Test func `a client with a short send limit still receives much, at its own pace`() throws {
            var files = ["segmentd.toml": "[limits]\nmessage = \"1 KiB\""]
            for number in 0..<300 {
                files["segments.d/s\(number).toml"] =
                    "size = 1\ndescription = \"\(String(repeating: "x", count: 2000))\""
            }
            try DaemonFixture.with(files) { daemon in
                #expect(try daemon.client().segments().count == 300)
                let slow = try RawConnection(daemon.socket)
                slow.send(#"{"method":"io.segmentd.Broker.List","more":true}|"#)
                try slow.awaitReply()
                usleep(100_000)
                var rows = 0
                while let row = try slow.receive() {
                    rows += 1
                    guard row.hasSuffix(#""continues":true}"#) else { break }
                }
                #expect(rows == 300)
                let caller = try RawConnection(daemon.socket)
                let call =
                    #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.segmentd.Broker"}}|"#
                caller.send(String(repeating: call, count: 100))
                try caller.awaitReply()
                usleep(100_000)
                for _ in 0..<100 {
                    #expect(try caller.receive()?.hasPrefix(#"{"parameters":{"description":"#) == true)
                }
            }
        }

        @Test func `a list has one reply per segment, an empty one a single empty reply`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 1", "segments.d/b.toml": "size = 1"]) {
                daemon in
                let connection = try RawConnection(daemon.socket)
                connection.send(#"{"method":"io.segmentd.Broker.List","more":true}|"#)
                let (first, last) = (
                    try #require(try connection.receive()), try #require(try connection.receive())
                )
                #expect(first.contains(#""name":"a""#) && first.hasSuffix(#","continues":true}"#))
                #expect(last.contains(#""name":"b""#) && !last.contains("continues"))
            }
            try DaemonFixture.with([:]) { daemon in
                let connection = try RawConnection(daemon.socket)
                connection.send(#"{"method":"io.segmentd.Broker.List","more":true}|"#)
                #expect(try connection.receive() == Self.pong)
            }
        }

        @Test func `a subscriber that does not read loses its connection, not the broker its memory`() throws
        {
            let files = Dictionary(
                uniqueKeysWithValues: (0..<100).map {
                    (
                        "segments.d/s\($0).toml",
                        "size = 1\ndescription = \"\(String(repeating: "x", count: 1000))\""
                    )
                }
            )
            try DaemonFixture.with(files) { daemon in
                let deaf = try RawConnection(daemon.socket)
                deaf.send(#"{"method":"io.segmentd.Broker.Subscribe","more":true}|"#)
                let busy = try RawConnection(daemon.socket)
                for lease in 1...10000 {
                    busy.send(
                        #"{"method":"io.segmentd.Broker.Acquire","parameters":{"name":"s0"},"oneway":true}|"#
                            + #"{"method":"io.segmentd.Broker.Release","parameters":{"lease":"\#(lease)"},"oneway":true}|"#
                    )
                    guard lease.isMultiple(of: 100) else { continue }
                    busy.send(Self.ping)
                    #expect(try busy.receive() == Self.pong)
                }
                #expect(try daemon.client().daemonStatus().connectionCount == 2)
            }
        }

        @Test(.disabled(if: Sanitizer.isPresent, "a sanitizer keeps what is freed"))
        func `connections leave nothing behind in the daemon`() throws {
            try DaemonFixture.with { daemon in
                func subscribeAndLeave(_ count: Int) throws -> Int {
                    for _ in 0..<count {
                        let connection = try RawConnection(daemon.socket)
                        connection.send(#"{"method":"io.segmentd.Broker.Subscribe","more":true}|"#)
                        _ = try connection.receive()
                    }
                    let memory = try Programs.run(
                        "grep RssAnon /proc/\(daemon.process.identifier)/status | tr -dc 0-9"
                    )
                    return try #require(Int(memory.output))
                }
                let before = try subscribeAndLeave(1000)
                let after = try subscribeAndLeave(2000)
                // In KiB; one that was kept would take about two.
                #expect(after - before < 1000)
            }
        }

        @Test func `the kernel buffers little for a client that does not read`() throws {
            try DaemonFixture.with { daemon in
                let connection = try RawConnection(daemon.socket)
                let call =
                    #"{"method":"org.varlink.service.GetInterfaceDescription","#
                    + #""parameters":{"interface":"io.segmentd.Broker"}}|"#
                connection.send(String(repeating: call, count: 100))
                var seen: [Int] = []
                // Until nothing arrives for 50 ms.
                while seen.count < 10 || seen.last == 0 || Set(seen.suffix(10)).count > 1 {
                    usleep(5000)
                    seen.append(connection.unread)
                    try #require(seen.count < 1000)
                }
                // The kernel's default has room for 160 KiB and more.
                #expect(connection.unread <= 32 << 10)
                for _ in 0..<100 { #expect(try connection.receive() != nil) }
            }
        }

        @Test func `a limit is reported before the connection is closed`() throws {
            try DaemonFixture.with([
                "segments.d/a.toml": "size = 1",
                "segmentd.toml": "[limits]\nleases_per_user = 2\nconnections = 65",
            ]) { daemon in
                let connection = try RawConnection(daemon.socket)
                let acquire = #"{"method":"io.segmentd.Broker.Acquire","parameters":{"name":"a"}}|"#
                connection.send(acquire + acquire + acquire)
                _ = try connection.receive()
                _ = try connection.receive()
                #expect(
                    try connection.receive()
                        == #"{"error":"io.segmentd.Broker.LimitReached","parameters":{"limit":"leases_per_user","value":2}}"#
                )
                var others: [RawConnection] = []
                for _ in 0..<64 { others.append(try RawConnection(daemon.socket)) }
                others[63].send(Self.ping)
                #expect(try others[63].receive() == Self.pong)
                let late = try RawConnection(daemon.socket)
                #expect(
                    try late.receive()
                        == #"{"error":"io.segmentd.Broker.LimitReached","parameters":{"limit":"connections","value":65}}"#
                )
                #expect(try late.receive() == nil)
                others.removeAll()
            }
        }
    }
}
