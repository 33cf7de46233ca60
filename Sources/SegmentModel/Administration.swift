/// What a reload changed, each list in order of name.
///
/// ```swift
/// let outcome = try client.reloadConfiguration()
/// for name in outcome.blocked ?? [] { print("\(name) cannot be created") }
/// ```
public struct ReloadOutcome: Equatable, Sendable {
    /// Created by this reload.
    public var created: [SegmentName]
    /// Segments whose declaration changed.
    public var changed: [SegmentName]
    /// Segments no longer declared; each is removed once unused.
    public var removing: [SegmentName]
    /// Segments that cannot be created or repaired, whether or not this reload changed them.
    ///
    /// Nil from a daemon that does not report them.
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

/// When a segment is removed: the RemoveWhen of the interface.
///
/// ```swift
/// try client.remove("telemetry", when: .ifUnused)
/// ```
public enum RemovalPolicy: String, CaseIterable, Sendable {
    /// Refuse while a client holds a lease or has the segment attached.
    case ifUnused = "unused"
    /// Wait until no client holds a lease or has the segment attached.
    case whenIdle = "idle"
    /// Mark the segment for removal at once; clients keep the memory they have attached.
    case immediately = "now"
}
