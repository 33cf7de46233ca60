@testable import SegmentRecords

/// A record that is read is written so that it is read alike.
enum RecordTarget {
    static func run(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self), let record = try? SegmentRecord(text: text)
        else { return }
        guard let again = try? SegmentRecord(text: record.text) else {
            preconditionFailure("what was written cannot be read")
        }
        precondition(again == record, "what was written is something else")
    }
}
