/// When Remove takes a segment away.
public enum RemoveWhen: String, CaseIterable, Sendable {
    /// Refuse if it is leased or attached.
    case unused
    /// Wait until it is neither.
    case idle
    /// Mark it at once.
    case now
}
