import Logging
import POSIX
import SegmentModel
import SystemPackage
import Systemd

/// The daemon's log: the journal under systemd, otherwise standard error.
struct DaemonLog: Sendable {
    let level: Monitor<Logger.Level>
    let logger: Logger
    private let writer: LogWriter

    /// Starts the thread that writes the log.
    init() throws(Errno) {
        let level = Monitor(Logger.Level.info)
        let writer = try LogWriter.start(.current)
        self.level = level
        self.writer = writer
        logger = Logger(label: "segmentd") { _ in QueuedLogHandler(level: level, writer: writer) }
    }

    /// Logs an event of the daemon as a whole.
    func say(_ event: LoggedEvent, _ message: String) {
        logger.notice("\(message)", metadata: [LoggedKey.event.rawValue: .string(event.rawValue)])
    }

    /// Logs the error that ends the daemon.
    func say(_ error: StartError) {
        for line in error.lines {
            var metadata: Logger.Metadata = [:]
            if case .configuration = error {
                metadata[LoggedKey.event.rawValue] = .string(LoggedEvent.configurationRefused.rawValue)
            }
            logger.error("\(line)", metadata: metadata)
        }
    }

    /// Waits up to a second for pending lines to be written, before the process exits.
    func drain() {
        writer.drain(atMost: .seconds(1))
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
