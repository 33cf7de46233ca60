import Logging
import SegmentModel

extension SegmentService {
    func report(_ level: Logger.Level, _ event: LoggedEvent, _ text: String) {
        logger.log(level: level, "\(text)", metadata: [LoggedKey.event.rawValue: .string(event.rawValue)])
    }
}
