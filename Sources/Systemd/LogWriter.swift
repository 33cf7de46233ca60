import CLinux
import CSystemd
import Glibc
import Threads

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
    package static func start(_ sink: LogSink) throws(CannotStart) -> LogWriter {
        let writer = LogWriter(sink)
        let context = unsafe Unmanaged.passRetained(writer)
        let error = unsafe clinux_start_thread(
            nil,
            256 << 10,
            { context in
                if let context = unsafe context {
                    unsafe Unmanaged<LogWriter>.fromOpaque(context).takeRetainedValue().run()
                }
                return nil
            },
            context.toOpaque()
        )
        guard error == 0 else {
            unsafe context.release()
            throw CannotStart(errno: error)
        }
        return writer
    }

    /// There is no room for a thread; pthread_create(3).
    package struct CannotStart: Error {
        package var errno: Int32
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
        usleep(4000)
        return state.wait {
            guard !$0.buffer.isEmpty else { return nil }
            $0.isWriting = true
            return $0.buffer.take()
        }
    }
}
