import POSIX
package import SystemPackage

/// The thread that writes the log, so that a log that is not read blocks nothing else.
package final class LogWriter: Sendable {
    private struct State {
        var buffer = LogBuffer()
        var isWriting = false
    }

    private let state = Monitor(State())
    private let sink: LogSink

    private init(_ sink: LogSink) {
        self.sink = sink
    }

    /// Starts the thread, which exists from the beginning, before anything can go wrong, to the end of the
    /// process.
    ///
    /// Throws if it cannot be created.
    package static func start(_ sink: LogSink) throws(Errno) -> LogWriter {
        let writer = LogWriter(sink)
        try Thread.detach(stack: 256 << 10) { writer.run() }
        return writer
    }

    /// Queues a line; never waits.
    package func write(_ line: LogLine) {
        state.change { $0.buffer.add(line) }
    }

    /// Waits until everything is written, for at most `limit`.
    package func drain(atMost limit: Duration) {
        _ = state.wait(atMost: limit) { $0.buffer.isEmpty && !$0.isWriting ? () : nil }
    }

    private func run() {
        while let lines = next() {
            let lost = lines.count { !sink.write($0) }
            if lost > 0 { _ = sink.write(.lost(lost)) }
            state.change { $0.isWriting = false }
        }
    }

    /// Takes the lines of a burst together: waking this thread for each would cost more than the line does.
    private func next() -> [LogLine]? {
        state.wait { $0.buffer.isEmpty ? nil : () }
        Thread.sleep(.milliseconds(4))
        return state.wait {
            guard !$0.buffer.isEmpty else { return nil }
            $0.isWriting = true
            return $0.buffer.take()
        }
    }
}
