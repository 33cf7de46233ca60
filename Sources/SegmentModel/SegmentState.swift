/// Where a segment stands.
public enum SegmentState: String, CaseIterable, Sendable {
    /// Declared, not in the kernel.
    case absent
    /// In the kernel as declared.
    case ready
    /// In the kernel, but something differs from what is declared, or the broker cannot attach it.
    case drifted
    /// Still in use, not marked for removal; removed when unused; no new leases.
    case draining
    /// Marked for removal in the kernel, still attached.
    case removing
    /// Cannot be made.
    case blocked
}
