import CSystemd
import Logging
import POSIX
import SystemPackage

/// The destination of the log; writing may block.
package enum LogSink: Sendable {
    /// The journal, with metadata as fields; sd_journal_sendv(3).
    case journal
    /// One line per message, for a daemon started by a person.
    case standardError

    /// The journal if standard error is connected to it, which is then used directly; `$JOURNAL_STREAM` of
    /// systemd.exec(5).
    package static var current: LogSink {
        guard let stream = ThisProcess.variable("JOURNAL_STREAM"),
            let file = try? FileDescriptor.standardError.stat(),
            stream == "\(file.deviceID.rawValue):\(file.inode.rawValue)"
        else { return .standardError }
        return .journal
    }

    /// Writes a line; returns false if it is lost.
    func write(_ line: LogLine) -> Bool {
        switch self {
        case .journal: Journal.send(Journal.fields(line))
        case .standardError:
            // The message contains every fact; metadata is for the journal.
            StandardError.write(
                "segmentd: \(line.level >= .warning ? "\(line.level): " : "")\(line.message)\n"
            )
        }
    }
}

/// The journal's native protocol.
enum Journal {
    static func fields(_ line: LogLine) -> [String] {
        ["MESSAGE=\(line.message)", "PRIORITY=\(priority(line.level))", "SYSLOG_IDENTIFIER=segmentd"]
            + line.metadata.sorted { $0.key < $1.key }.map { "\(field($0.key))=\($0.value)" }
    }

    /// Returns a field's name: `event` is the journal's own MESSAGE_ID, and the rest get a prefix, to not
    /// clash with others.
    static func field(_ key: String) -> String {
        key == "event" ? "MESSAGE_ID" : "SEGMENTD_" + key.uppercased()
    }

    /// Returns the number of a level in syslog(3).
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    static func send(_ fields: [String]) -> Bool {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for field in fields {
            bytes += field.utf8
            ends.append(bytes.count)
        }
        return unsafe bytes.withUnsafeMutableBytes { bytes in
            var start = 0
            var vectors: [iovec] = unsafe []
            for end in ends {
                unsafe vectors.append(
                    iovec(iov_base: bytes.baseAddress.map { unsafe $0 + start }, iov_len: end - start)
                )
                start = end
            }
            return unsafe sd_journal_sendv(&vectors, Int32(vectors.count)) >= 0
        }
    }
}

package enum StandardError {
    /// Writes all of a text, however long that takes; returns false if it cannot be written.
    static func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            (try? unsafe FileDescriptor.standardError.writePatiently(UnsafeRawBufferPointer(bytes))) != nil
        }
    }

    /// Writes a short text unless there is no room within a second, for a process without the log's thread.
    package static func tryToWrite(_ text: String) {
        let error = FileDescriptor.standardError
        guard let ready = try? error.wait(for: .write, until: Deadline(.seconds(1))), !ready.isEmpty else {
            return
        }
        // No more than a pipe accepts at once: PIPE_BUF of pipe(7).
        let bytes = Array(text.utf8.prefix(4096))
        _ = unsafe bytes.withUnsafeBytes { bytes in try? unsafe error.writeOnce(bytes) }
    }
}
