import POSIX
package import SystemPackage

/// The one thread that writes the log: whoever does not read it holds up nobody else.
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

    /// Starts the thread, which lives as long as the process and is there before anything can go wrong.
    ///
    /// Throws where there is no room for it.
    package static func start(_ sink: LogSink) throws(Errno) -> LogWriter {
        let writer = LogWriter(sink)
        try Thread.detach(stack: 256 << 10) { writer.run() }
        return writer
    }

    /// Never waits.
    package func write(_ line: LogLine) {
        state.change { $0.buffer.add(line) }
    }

    /// Returns once all is written, or after `limit`.
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

    /// The lines of a burst are taken together: to wake this thread for each costs more than the line does.
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
