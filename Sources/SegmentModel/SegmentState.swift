/// The state of a segment.
///
/// A newer daemon may send states that are not listed here: give every switch a default.
///
/// ```swift
/// switch try client.segment(named: "telemetry").state {
/// case .ready, .drifted: print("in use")
/// case .blocked: print("cannot be created")
/// case let state: print(state)
/// }
/// ```
public struct SegmentState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The word on the wire.
    public let rawValue: String

    /// Creates a state from its word on the wire.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The word on the wire.
    public var description: String { rawValue }

    /// Declared, but not in the kernel.
    public static let absent = SegmentState(rawValue: "absent")
    /// In the kernel, as declared.
    public static let ready = SegmentState(rawValue: "ready")
    /// In the kernel, but not as declared, or not attached by the broker.
    public static let drifted = SegmentState(rawValue: "drifted")
    /// Still in use; to be removed once unused, and granting no new leases.
    public static let draining = SegmentState(rawValue: "draining")
    /// Marked for removal in the kernel, but still attached.
    public static let removing = SegmentState(rawValue: "removing")
    /// Cannot be created; the segment's problem says why.
    public static let blocked = SegmentState(rawValue: "blocked")

    /// The states of this version, in the interface's order.
    package static let known = [absent, ready, drifted, draining, removing, blocked]
}

/// How long a segment stays when nobody uses it.
///
/// ```swift
/// let names = try client.segments().filter { $0.keep == .untilReboot }.map(\.name)
/// print(names)
/// ```
///
/// A newer daemon may send policies that are not listed here: give every switch a default.
public struct KeepPolicy: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The word in configuration files and on the wire.
    public let rawValue: String

    /// Creates a policy from its word on the wire.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The word on the wire.
    public var description: String { rawValue }

    /// Until somebody removes it or the host goes down.
    public static let untilReboot = KeepPolicy(rawValue: "until-reboot")
    /// Until segmentd stops; a restart, an upgrade or a kill is no stop.
    public static let untilStop = KeepPolicy(rawValue: "until-stop")
    /// From the first request until some time after the last lease and the last attachment have ended.
    public static let whileUsed = KeepPolicy(rawValue: "while-used")
}
