/// How a client attaches a segment.
public enum Access: String, CaseIterable, Sendable {
    case readOnly = "read_only"
    case readWrite = "read_write"
}
