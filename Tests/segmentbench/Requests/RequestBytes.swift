import SegmentInterface
import SegmentModel
import Varlink

/// The messages that every client sends, to the broker and to the echo alike.
enum RequestBytes {
    static func acquire(_ name: String) -> [UInt8] {
        bytes(.acquire, AcquireParameters(name: name, access: .readWrite))
    }

    /// A Release is one of these around the number of the lease.
    static let release: (head: [UInt8], tail: [UInt8]) = {
        let parts = bytes(.release, ReleaseParameters(lease: "?")).split(separator: UInt8(ascii: "?"))
        return (Array(parts[0]), Array(parts[1]))
    }()

    /// The number of the lease, which segmentd's reply begins with; nil where there is none, as in an echo.
    static func lease(in reply: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard reply.starts(with: leaseHead) else { return nil }
        return reply.dropFirst(leaseHead.count).prefix { $0 != UInt8(ascii: "\"") }
    }

    static func isError(_ reply: ArraySlice<UInt8>) -> Bool { reply.starts(with: errorHead) }

    private static let leaseHead = Array(#"{"parameters":{"lease":""#.utf8)
    private static let errorHead = Array(#"{"error""#.utf8)

    private static func bytes(_ method: BrokerMethod, _ parameters: some JSONEncodable) -> [UInt8] {
        let writer = JSONWriter()
        Call.write(method.rawValue, parameters, mode: .plain, to: writer)
        return writer.bytes
    }
}
