import SegmentExchange
import Segments

/// What a program does with the libraries; the daemon declares `telemetry`, `session` and `weather`.
@main enum Program {
    static func main() async throws {
        let client = try SegmentClient(timeout: .seconds(10))
        try attachEach(client)
        try tellErrorsApart(client)
        try await watch(client)
        try publish(client)
        try await stream(client)
        let status = try client.daemonStatus()
        print("segmentd \(status.version): \(status.segmentCount) segments, \(status.blockedCount) blocked")
    }

    private static func attachEach(_ client: SegmentClient) throws {
        for segment in try client.segments() where segment.state == .ready {
            let attached = try client.attach(segment.name)
            guard try attached.isCurrent(), attached.byteCount == segment.size.bytes else {
                throw Unexpected("\(segment.name) is another segment")
            }
            try attached.detach()
        }
    }

    private static func tellErrorsApart(_ client: SegmentClient) throws {
        do {
            _ = try client.segment(named: "no-such-segment")
            throw Unexpected("a segment that nobody declares is described")
        } catch let error as SegmentClientError {
            guard error.code == .noSuchSegment else { throw error }
        }
    }

    /// A task waits for events, and ends when it is cancelled.
    private static func watch(_ client: SegmentClient) async throws {
        let events = try client.events()
        var names: [SegmentName] = []
        for try await event in events {
            if event.kind == .snapshotEnded { break }
            if let name = event.name { names.append(name) }
        }
        guard names == ["session", "telemetry", "weather"] else { throw Unexpected("a snapshot of \(names)") }
        let leased = Task {
            for try await event in events where event.kind == .leased { return event.name }
            return nil
        }
        _ = try client.attach("weather").byteCount
        guard try await leased.value == "weather" else { throw Unexpected("another event") }
        let endless = Task { for try await _ in try client.events() {} }
        endless.cancel()
        try await endless.value
    }

    private static func publish(_ client: SegmentClient) throws {
        var publisher = try LatestValue<Double>.Publisher(try client.attach("weather"))
        try publisher.publish(21.5)
        var subscriber = try LatestValue<Double>.Subscriber(
            // A name that clashes with one of the program's own can be qualified.
            try client.attach("weather", access: Segments.Access.readOnly)
        )
        guard try subscriber.next(timeout: .seconds(10)) == 21.5 else { throw Unexpected("another value") }
    }

    private static func stream(_ client: SegmentClient) async throws {
        let reading = Task.detached {
            var reader = try SegmentStreamReader.open(try client.attach("session"), timeout: .seconds(10))
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 10)
            while true {
                var span = buffer.mutableSpan
                var room = span.mutableBytes
                let count = try reader.read(into: &room)
                if count == 0 { return String(decoding: bytes, as: UTF8.self) }
                bytes += buffer[..<count]
            }
        }
        var writer = try SegmentStreamWriter.open(try client.attach("session"), timeout: .seconds(10))
        try writer.write(Array("through a segment\n".utf8).span.bytes)
        try writer.finish(timeout: .seconds(10))
        guard try await reading.value == "through a segment\n" else { throw Unexpected("another stream") }
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
