/// How a client attaches a segment.
package enum Access: String, CaseIterable, Sendable {
    case readOnly = "read_only"
    case readWrite = "read_write"
}
