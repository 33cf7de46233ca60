import SystemVSharedMemory
import Logging
import SegmentModel

extension Broker {
    /// Tells of a change after it has happened: the only place that logs changes of segments and publishes them.
    ///
    /// `former` is what the segment was before.
    func tell(
        _ change: SegmentChange,
        of segment: BrokeredSegment,
        former: SegmentLifecycle.Identity? = nil
    ) {
        let identity = change.isOfFormerMemory ? former : segment.live?.identity
        if let line = change.line(of: segment.name) { log(line, segment, identity) }
        guard let event = change.event else { return }
        totalsRead = nil
        onEvent?(SegmentEvent(event, name: segment.name, segment: description(segment, viewer: nil)))
    }

    /// Tells of a lease that has been granted or has ended.
    func tell(
        _ event: SegmentEvent.Kind,
        _ number: UInt64,
        _ lease: HeldLease,
        of segment: BrokeredSegment
    ) {
        onEvent?(SegmentEvent(event, name: segment.name, lease: lease.described(number)))
    }

    /// Tells the administrator of something that is no segment's.
    func report(_ level: Logger.Level, _ event: LoggedEvent, _ text: String) {
        guard logger.logLevel <= level else { return }
        logger.log(level: level, "\(text)", metadata: [LoggedKey.event.rawValue: .string(event.rawValue)])
    }

    /// Logs in words and in fields; what clients cause, not without end.
    private func log(
        _ line: SegmentChange.Line,
        _ segment: BrokeredSegment,
        _ identity: SegmentLifecycle.Identity?
    ) {
        guard logger.logLevel <= line.level else { return }
        var text = line.text
        // Marking a segment that clients have attached is a warning, and an administrator's doing.
        if line.event.isCausedByClients(segment.definition?.keep), line.level != .warning, !line.isOrdered {
            let kind = LogKind(event: line.event, level: line.level)
            guard let leftOut = segment.logAllowances[kind, default: LogAllowance()].pass(at: monotonicTime)
            else { return }
            text += Self.words(leftOut: leftOut)
        }
        var metadata = Logger.Metadata(minimumCapacity: 4)
        metadata[LoggedKey.event.rawValue] = .string(line.event.rawValue)
        metadata[LoggedKey.segment.rawValue] = .string(segment.name.string)
        if let identity {
            metadata[LoggedKey.key.rawValue] = .string(identity.traits.key.description)
            metadata[LoggedKey.identifier.rawValue] = .string(identity.identifier.description)
        }
        logger.log(level: line.level, "\(text)", metadata: metadata)
    }

    /// Tells how many lines of a segment were left out, where no later line has told it.
    func reportLeftOut(_ segment: BrokeredSegment) {
        for (kind, var allowance) in segment.logAllowances where allowance.hasLeftOut {
            guard let leftOut = allowance.pass(at: monotonicTime) else { continue }
            segment.logAllowances[kind] = allowance
            let metadata: Logger.Metadata = [
                LoggedKey.event.rawValue: .string(kind.event.rawValue),
                LoggedKey.segment.rawValue: .string(segment.name.string),
            ]
            let lines = leftOut == 1 ? "1 line" : "\(leftOut) lines"
            logger.log(
                level: kind.level,
                "Segment \(segment.name): \(lines) of the kind \"\(kind.event)\" left out",
                metadata: metadata
            )
        }
    }

    /// Warns of a record; a directory that refuses may be met as often as clients like.
    func warnOfRecord(_ text: String) {
        guard logger.logLevel <= .warning, let leftOut = recordWarnings.pass(at: monotonicTime) else {
            return
        }
        logger.warning("\(text)\(Self.words(leftOut: leftOut))")
    }

    private static func words(leftOut: Int) -> String {
        switch leftOut {
        case 0: ""
        case 1: "; 1 such line was left out before"
        default: "; \(leftOut) such lines were left out before"
        }
    }
}

/// Lines of a segment that count against each other.
struct LogKind: Hashable {
    var event: LoggedEvent
    var level: Logger.Level
}
