import Glibc
import Logging
import SegmentModel
import Systemd

/// The daemon's log: the journal under systemd, else standard error.
struct DaemonLog {
    let level: SharedLogLevel
    let logger: Logger

    init() {
        let level = SharedLogLevel(.info)
        self.level = level
        logger = Logger(label: "segmentd") { _ in
            guard JournalLogHandler.isJournalListening else { return StandardErrorLogHandler(level: level) }
            return JournalLogHandler(level: level)
        }
    }

    /// Something that happens to the daemon as a whole.
    func say(_ event: LoggedEvent, _ message: String) {
        logger.notice("\(message)", metadata: [LoggedKey.event.rawValue: .string(event.rawValue)])
    }
}

extension Logger.Level {
    init(_ level: LogLevel) {
        switch level {
        case .trace: self = .trace
        case .debug: self = .debug
        case .info: self = .info
        case .notice: self = .notice
        case .warning: self = .warning
        case .error: self = .error
        case .critical: self = .critical
        }
    }
}

extension StartError {
    /// Tells the log and the service manager.
    func tell() {
        let log = DaemonLog()
        for line in lines {
            var metadata: Logger.Metadata = [:]
            if case .configuration = self {
                metadata[LoggedKey.event.rawValue] = .string(LoggedEvent.configurationRefused.rawValue)
            }
            log.logger.error("\(line)", metadata: metadata)
        }
        NotifySocket().tell([.status(summary)])
    }
}
