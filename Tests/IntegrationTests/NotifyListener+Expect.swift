import SegmentTestSupport
import Testing

extension NotifyListener {
    /// Waits for a message with a line that begins so, and returns it.
    func expect(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        while let message = next() {
            if message.contains(where: { $0.hasPrefix(line) }) { return message }
        }
        Issue.record("no \(line)", sourceLocation: sourceLocation)
        throw NothingSaid()
    }

    struct NothingSaid: Error {}
}
