import Segments

@main enum Counter {
    static func main() throws {
        let broker = try SegmentClient()
        try broker.withSegment("telemetry") { segment in
            segment.atomic(UInt64.self, at: 0).add(1, ordering: .relaxed)
        }
    }
}
