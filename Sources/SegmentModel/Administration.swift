/// What a reload did, each list in order of name.
public struct ReloadOutcome: Equatable, Sendable {
    /// Made by this reload.
    public var created: [SegmentName]
    /// Whose declaration is different.
    public var changed: [SegmentName]
    /// No longer declared: removed when nobody uses them.
    public var removing: [SegmentName]
    /// What cannot be made or repaired, whether or not this reload has changed it; nil where the daemon is older than
    /// this list.
    public var blocked: [SegmentName]?

    package init(
        created: [SegmentName] = [],
        changed: [SegmentName] = [],
        removing: [SegmentName] = [],
        blocked: [SegmentName]? = nil
    ) {
        self.created = created
        self.changed = changed
        self.removing = removing
        self.blocked = blocked
    }
}

/// When Remove takes a segment away.
public enum RemoveWhen: String, CaseIterable, Sendable {
    /// Refuse if it is leased or attached.
    case unused
    /// Wait until it is neither.
    case idle
    /// Mark it at once.
    case now
}
