/// What a reload did, each list in order of name.
public struct ReloadOutcome: Equatable, Sendable {
    /// Made, or tried and blocked.
    public var created: [SegmentName]
    /// Whose declaration is different.
    public var changed: [SegmentName]
    /// No longer declared: removed when nobody uses them.
    public var removing: [SegmentName]

    package init(created: [SegmentName] = [], changed: [SegmentName] = [], removing: [SegmentName] = []) {
        self.created = created
        self.changed = changed
        self.removing = removing
    }
}
