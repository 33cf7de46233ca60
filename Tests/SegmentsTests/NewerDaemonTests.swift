import Segments
import SegmentTestSupport
import SystemPackage
import Testing

/// A daemon that is newer than the library, and sends words that the library does not know.
@Suite(.serialized) struct NewerDaemonTests {
    private static let segment = #"""
        {"name":"frames@0","state":"thawing","problems":[{"kind":"too_warm","message":"it melts"}],"key":null,
        "keyHex":null,"identifier":null,"sizeBytes":4096,"mode":"0660","group":"g","keep":"until-dawn",
        "attachments":0,"leases":[{"lease":"1","access":"execute","processId":1,"userId":0,"sinceUSec":1000000,
        "color":"red"}],"color":"blue"}
        """#

    @discardableResult
    private func withClient<Result>(
        _ reply: String,
        _ body: (SegmentClient) throws -> Result
    ) throws -> Result {
        let broker = try FakeBroker { _ in .reply(reply) }
        broker.serve()
        defer { broker.end() }
        return try body(try SegmentClient(socket: FilePath(broker.path)))
    }

    private func expectWords(_ segment: SegmentDescription) {
        #expect(segment.name.description == "frames@0")
        #expect(segment.state == SegmentState(rawValue: "thawing"))
        #expect(!SegmentState.known.contains(segment.state))
        #expect(segment.problems.map(\.kind) == [SegmentProblem.Kind(rawValue: "too_warm")])
        #expect(segment.keep == KeepPolicy(rawValue: "until-dawn"))
        #expect(segment.leases.map(\.access) == [Access(rawValue: "execute")])
        #expect(segment.leases.map(\.since) == [.seconds(1)])
    }

    @Test func `a segment with unknown words is described`() throws {
        try withClient(#"{"parameters":{"segment":\#(Self.segment)}}"#) { client in
            expectWords(try client.segment(named: "frames@0"))
        }
    }

    @Test func `a list with unknown words is whole`() throws {
        let reply = #"{"continues":true,"parameters":{"segment":\#(Self.segment)}}"#
        try withClient(reply + "\0" + #"{"parameters":{"segment":\#(Self.segment)}}"#) { client in
            let segments = try client.segments()
            #expect(segments.count == 2)
            segments.forEach(expectWords)
        }
    }

    @Test func `an event of an unknown kind is passed on, and the next is read`() throws {
        let reply =
            #"{"continues":true,"parameters":{"event":"thawed","name":"frames@0","segment":\#(Self.segment)}}"#
        try withClient(reply + "\0" + #"{"parameters":{"event":"listed","color":"red"}}"#) { client in
            let events = try client.events()
            let event = try #require(try events.next(timeout: .seconds(5)))
            #expect(event.kind == SegmentEvent.Kind(rawValue: "thawed"))
            expectWords(try #require(event.segment))
            #expect(try events.next(timeout: .seconds(5))?.kind == .snapshotEnded)
        }
    }

    @Test(arguments: [
        #"{"error":"io.segmentd.Broker.SegmentMelted","parameters":{"name":"a"}}"#,
        // A known error that has become another.
        #"{"error":"io.segmentd.Broker.AccessDenied","parameters":{"segment":"a"}}"#,
        #"{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"m"}}"#,
    ])
    func `an unknown error is a refusal with its name`(reply: String) throws {
        try withClient(reply) { client in
            #expect {
                try client.renew("a")
            } throws: {
                guard let error = $0 as? SegmentClientError else { return false }
                return error.code == .refused && "\(error)".contains("answers io.segmentd.")
                    || "\(error)".contains("answers org.varlink.service.MethodNotFound")
            }
        }
    }

    @Test func `an error that tells of an unknown access is known`() throws {
        let reply =
            #"{"error":"io.segmentd.Broker.AccessDenied","parameters":{"name":"a","access":"execute","userId":7,"#
            + #""reason":"it is cold"}}"#
        try withClient(reply) { client in
            #expect {
                _ = try client.attach("a").byteCount
            } throws: {
                ($0 as? SegmentClientError)?.code == .accessDenied && "\($0)".contains("it is cold")
            }
        }
    }

    @Test func `a grant of an unknown access is not believed`() throws {
        let reply =
            #"{"parameters":{"lease":"1","name":"a","key":1,"identifier":1,"sizeBytes":1,"access":"execute","#
            + #""creatorUserId":0,"changeTimeSec":0,"ipcNamespace":1}}"#
        try withClient(reply) { client in
            #expect {
                _ = try client.attach("a").byteCount
            } throws: {
                ($0 as? SegmentClientError)?.code == .protocolViolation
            }
        }
    }
}
