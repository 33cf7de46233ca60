import CSystemd
import Glibc
package import Logging

/// Sends each message to the journal with its metadata as fields of their own; sd_journal_sendv(3).
package struct JournalLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    private let level: SharedLogLevel

    package init(level: SharedLogLevel) {
        self.level = level
    }

    package var logLevel: Logger.Level {
        get { level.value }
        set { level.value = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: Logging.LogEvent) {
        var fields = [
            "MESSAGE=\(event.message)", "PRIORITY=\(Self.priority(event.level))",
            "SYSLOG_IDENTIFIER=segmentd",
        ]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            fields.append("\(Self.field(key))=\(value)")
        }
        Self.send(fields)
    }

    /// `event` is the journal's own MESSAGE_ID; the rest is prefixed, so that no other program's fields are meant.
    package static func field(_ key: String) -> String {
        key == "event" ? "MESSAGE_ID" : "SEGMENTD_" + key.uppercased()
    }

    /// As syslog(3) numbers them.
    package static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    private static func send(_ fields: [String]) {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for field in fields {
            bytes += field.utf8
            ends.append(bytes.count)
        }
        unsafe bytes.withUnsafeMutableBytes { bytes in
            var start = 0
            var vectors: [iovec] = unsafe []
            for end in ends {
                unsafe vectors.append(
                    iovec(iov_base: bytes.baseAddress.map { unsafe $0 + start }, iov_len: end - start)
                )
                start = end
            }
            _ = unsafe sd_journal_sendv(&vectors, Int32(vectors.count))
        }
    }

    /// Whether standard error is the journal's: then it is spoken to directly; `$JOURNAL_STREAM` of systemd.exec(5).
    package static var isJournalListening: Bool {
        guard let stream = unsafe getenv("JOURNAL_STREAM") else { return false }
        var file = stat()
        guard unsafe fstat(STDERR_FILENO, &file) == 0 else { return false }
        return unsafe String(cString: stream) == "\(file.st_dev):\(file.st_ino)"
    }
}
