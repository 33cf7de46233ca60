import Glibc
import Segments
import SegmentTestSupport
import Testing
import SystemPackage

/// Numbers from the broker and the caller at the ends of their ranges.
@Suite(.serialized) struct ExtremeNumberTests {
    private static func grant(_ key: Int64, _ identifier: Int64, _ size: Int64, _ namespace: Int64) -> String
    {
        #"{"parameters":{"lease":"1","name":"a","key":\#(key),"identifier":\#(identifier),"sizeBytes":\#(size),"#
            + #""access":"read_write","creatorUserId":4294967295,"changeTimeSec":\#(Int64.min),"#
            + #""ipcNamespace":\#(namespace)}}"#
    }

    private static var ownNamespace: Int64 {
        var file = stat()
        stat("/proc/self/ns/ipc", &file)
        return Int64(file.st_ino)
    }

    @Test(
        arguments: [
            #"{"error":"a.\u001b[2J.b"}"#,
            #"{"error":"io.segmentd.Broker.NoSuchSegment","parameters":{"name":"\u001b[2J"}}"#,
        ]
    )
    func `names from the broker are shown safely`(reply: String) throws {
        let broker = try FakeBroker { _ in .reply(reply) }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: FilePath(broker.path))
        #expect {
            _ = try client.daemonStatus()
        } throws: { error in
            let text = "\(error)"
            return text.contains("?[2J") && !text.contains("\u{1b}")
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 1 << 31, 1 << 62, .max], [Int64.min, -1, Int64(Int32.max), .max])
    func `attach throws for any invalid numbers in a grant`(size: Int64, identifier: Int64) throws {
        let broker = try FakeBroker { _ in .reply(Self.grant(.min, identifier, size, Self.ownNamespace)) }
        broker.serve()
        defer { broker.end() }
        let other = try FakeBroker { _ in .reply(Self.grant(-1, identifier, size, .max)) }
        other.serve()
        defer { other.end() }
        for path in [broker.path, other.path] {
            let client = try SegmentClient(socket: FilePath(path))
            #expect(throws: SegmentClientError.self) { _ = try client.attach("a").byteCount }
        }
    }

    @Test(arguments: [
        (#"{"parameters" 1}"#, "the service sent invalid JSON at byte 14 of a message"),
        ("[]", "the service sent a reply that is not a JSON object"),
        (#"{"error":1}"#, "the service sent a reply whose error has the wrong type"),
    ])
    func `a broker that violates the protocol is reported in words`(reply: String, text: String) throws {
        let broker = try FakeBroker { _ in .reply(reply) }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: FilePath(broker.path))
        #expect(throws: SegmentClientError.protocolViolation(text)) { _ = try client.attach("a").byteCount }
    }

    @Test func `a grant of another access than requested is rejected`() throws {
        let broker = try FakeBroker { _ in .reply(Self.grant(1, 0, 4096, Self.ownNamespace)) }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: FilePath(broker.path))
        #expect {
            _ = try client.attach("a", access: .readOnly).byteCount
        } throws: { error in
            (error as? SegmentClientError)?.code == .protocolViolation
        }
    }

    @Test(arguments: [
        #"{"event":"created","segment":{"state":"melted"}}"#,
        #"{"event":7}"#, "{}",
    ])
    func `an event that breaks the interface is an error, and the next is read`(event: String) throws {
        let broker = try FakeBroker { _ in
            .reply(
                #"{"continues":true,"parameters":\#(event)}"# + "\0" + #"{"parameters":{"event":"listed"}}"#
            )
        }
        broker.serve()
        defer { broker.end() }
        let events = try SegmentClient(socket: FilePath(broker.path)).events()
        #expect(throws: SegmentClientError.self) { try events.next(timeout: .seconds(5)) }
        #expect(try events.next(timeout: .seconds(5))?.kind == .snapshotEnded)
    }

    @Test(arguments: [
        Duration.seconds(Int64.max), .milliseconds(Int64.max), .seconds(1 << 40), .seconds(1 << 31),
    ])
    func `a time limit may be as long as a duration can be`(limit: Duration) throws {
        let broker = try FakeBroker { _ in .reply(#"{"parameters":{"event":"listed"}}"#) }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: FilePath(broker.path), timeout: limit)
        #expect(try client.events().next(timeout: limit)?.kind == .snapshotEnded)
        #expect(try client.segments().isEmpty)
        #expect(throws: SegmentClientError.self) { try client.daemonStatus() }
    }

    @Test(arguments: [Duration.seconds(Int64.min), .seconds(-1), .nanoseconds(-1), .zero, .nanoseconds(1)])
    func `a negative time limit has passed at once`(limit: Duration) throws {
        let broker = try FakeBroker { _ in .silence }
        broker.serve()
        defer { broker.end() }
        let events = try SegmentClient(socket: FilePath(broker.path)).events()
        #expect(throws: SegmentClientError.timedOut) { try events.next(timeout: limit) }
    }
}
