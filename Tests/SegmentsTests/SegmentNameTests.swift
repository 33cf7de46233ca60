import Segments
import SegmentTestSupport
import SystemPackage
import Testing

/// Names as programs write them.
@Suite(.serialized) struct SegmentNameTests {
    @Test func `a name comes from a literal, or from text if it is valid`() {
        let literal: SegmentName = "telemetry"
        let text = "telemetry", invalid = "not/a name"
        #expect(SegmentName(text) == literal)
        #expect(SegmentName(invalid) == nil)
        #expect("\(literal)" == text)
    }

    @Test func `an invalid literal traps nowhere, and the broker decides`() throws {
        let broker = try FakeBroker { _ in
            .reply(#"{"error":"io.segmentd.Broker.NoSuchSegment","parameters":{"name":"not/a name"}}"#)
        }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: FilePath(broker.path))
        #expect(throws: SegmentClientError.refused(.noSuchSegment(name: "not/a name"))) {
            try client.segment(named: "not/a name")
        }
        #expect(broker.calls.count == 1)
    }

    @Test func `what a client lists it can attach`() {
        // That it compiles is the test.
        func attachAll(_ client: SegmentClient) throws {
            for segment in try client.segments() { _ = try client.attach(segment.name).byteCount }
        }
        _ = attachAll
    }

    @Test func `a closure that throws nothing of its own leaves the errors typed`() {
        func count(_ client: SegmentClient) throws(SegmentClientError) {
            try client.withSegment("a") { _ = $0.atomic(UInt64.self, at: 0).add(1, ordering: .relaxed) }
        }
        _ = count
    }
}
