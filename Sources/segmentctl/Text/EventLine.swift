import SegmentClient

/// One event for people: `14:30:12 leased telemetry …`.
enum EventLine {
    /// Nil for the end of the opening snapshot.
    static func text(_ event: SegmentEvent, now: Int64) -> String? {
        guard let name = event.name else { return nil }
        return "\(Moment(now).timeOfDay) \(event.kind.rawValue) \(name)" + detail(event)
    }

    private static func detail(_ event: SegmentEvent) -> String {
        if let lease = event.lease {
            let user = People.user(lease.userID) ?? String(lease.userID)
            return
                " by \(lease.processID) of \(user), \(lease.access == .readOnly ? "read-only" : "read-write")"
        }
        guard let segment = event.segment else { return "" }
        return " (\(segment.state.rawValue)"
            + (segment.identifier.map { ", id \($0)" } ?? "")
            + (segment.problems.first.map { ", \($0.message)" } ?? "") + ")"
    }
}
