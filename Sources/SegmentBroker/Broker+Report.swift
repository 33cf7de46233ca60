import SystemVSharedMemory
import Logging
import PrintableText
import SegmentModel

extension Broker {
    /// Logs and publishes a change of a segment after it has happened; no other code does.
    ///
    /// `former` is the identity before the change.
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

    /// Publishes the start or the end of a lease.
    func tell(
        _ event: SegmentEvent.Kind,
        _ number: UInt64,
        _ lease: HeldLease,
        of segment: BrokeredSegment
    ) {
        onEvent?(SegmentEvent(event, name: segment.name, lease: lease.described(number)))
    }

    /// Logs an event that concerns no particular segment.
    func report(_ level: Logger.Level, _ event: LoggedEvent, _ text: String) {
        guard logger.logLevel <= level else { return }
        logger.log(level: level, "\(text)", metadata: [LoggedKey.event.rawValue: .string(event.rawValue)])
    }

    /// Logs text and fields, rate-limited for lines that clients can cause.
    private func log(
        _ line: SegmentChange.Line,
        _ segment: BrokeredSegment,
        _ identity: SegmentLifecycle.Identity?
    ) {
        guard logger.logLevel <= line.level else { return }
        var text = line.text
        // Warnings are never left out: marking a segment that clients have attached is an administrator's
        // doing.
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

    /// Logs how many lines of a segment were left out, unless a later line has already said so.
    func reportLeftOut(_ segment: BrokeredSegment) {
        for (kind, var allowance) in segment.logAllowances where allowance.hasLeftOut {
            guard let leftOut = allowance.pass(at: monotonicTime) else { continue }
            segment.logAllowances[kind] = allowance
            let metadata: Logger.Metadata = [
                LoggedKey.event.rawValue: .string(kind.event.rawValue),
                LoggedKey.segment.rawValue: .string(segment.name.string),
            ]
            logger.log(
                level: kind.level,
                "Segment \(segment.name): \(counted(leftOut, "line")) of the kind \"\(kind.event)\" left out",
                metadata: metadata
            )
        }
    }

    /// Logs a warning about a record, rate-limited because clients can cause any number of them.
    func warnOfRecord(_ text: String) {
        guard logger.logLevel <= .warning, let leftOut = recordWarnings.pass(at: monotonicTime) else {
            return
        }
        logger.warning("\(text)\(Self.words(leftOut: leftOut))")
    }

    private static func words(leftOut: Int) -> String {
        guard leftOut > 0 else { return "" }
        return "; \(counted(leftOut, "such line")) \(leftOut == 1 ? "was" : "were") left out before"
    }
}

/// A kind of log line; lines of the same kind and segment share a limit.
struct LogKind: Hashable {
    var event: LoggedEvent
    var level: Logger.Level
}
