import Logging

/// What is logged, to be looked at; for one thread.
package final class LogLines: @unchecked Sendable {
    /// Each with its level in front.
    package fileprivate(set) var lines: [String] = []

    package init() {}

    package var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log.lines.append("\(event.level): \(event.message)") }
    }
}
