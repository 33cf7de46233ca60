import SystemVSharedMemory
import Logging
import SegmentModel

extension Broker {
    /// Tells the administrator once, in words and in fields.
    func report(
        _ level: Logger.Level,
        _ event: LoggedEvent,
        _ text: String,
        _ segment: BrokeredSegment? = nil
    ) {
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [LoggedKey.event.rawValue: .string(event.rawValue)]
        if let segment {
            metadata[LoggedKey.segment.rawValue] = .string(segment.name.string)
            if let live = segment.life.segment {
                metadata[LoggedKey.key.rawValue] = .string(live.key.description)
                metadata[LoggedKey.identifier.rawValue] = .string(live.identifier.description)
            }
        }
        logger.log(level: level, "\(text)", metadata: metadata)
    }
}
