/// The result of a reload, each list in order of name.
public struct ReloadOutcome: Equatable, Sendable {
    /// Segments that this reload created.
    public var created: [SegmentName]
    /// Segments whose declaration changed.
    public var changed: [SegmentName]
    /// Segments that are no longer declared: removed once unused.
    public var removing: [SegmentName]
    /// Segments that cannot be created or repaired, whether or not this reload changed them; nil from daemons
    /// older than this field.
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

/// The condition under which Remove removes a segment.
public enum RemoveWhen: String, CaseIterable, Sendable {
    /// Only if it is neither leased nor attached; refused otherwise.
    case unused
    /// As soon as it is neither leased nor attached.
    case idle
    /// Immediately: the segment is marked for removal even while in use.
    case now
}
