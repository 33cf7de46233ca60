import EventLoop
import POSIX

extension FairScheduler {
    /// What the connections of one user have of the server together: time of the event loop, and memory.
    final class UserBudget {
        /// Whether long messages are followed by a pause.
        private let isThrottled: Bool
        var connections = 0
        /// What the connections hold in both directions; small amounts are not counted.
        var buffered = BufferedBytes()
        /// Connections with calls that have to wait for a round, in the order in which they came.
        let waiting = Queue<Connection>()
        /// No call is processed before.
        private(set) var throttledUntil = MonotonicTime.distantPast
        /// What calls have taken in one tick.
        private var used: (tick: Int, time: Duration) = (0, .zero)
        /// The most to read from a connection at a time, in bytes.
        ///
        /// The kernel takes time for each piece of what was sent, not for each byte: a socket holds up to 277 pieces,
        /// which take 80 µs to read although each may be one byte.
        private(set) var readLength = longestRead

        /// The most that is ever read at a time, in bytes; the least is what one piece may be.
        static var longestRead: Int { 1 << 12 }
        private static var shortestRead: Int { 16 }

        /// The longest call and reply that are free, in bytes: each takes about ten µs.
        private static var shortCall: Int { 1 << 13 }
        private static var shortReply: Int { 1 << 15 }

        init(isThrottled: Bool = true) {
            self.isThrottled = isThrottled
        }

        /// Whether one more call may be processed without waiting, where a user has `allowance` of each tick.
        func mayProcess(at now: MonotonicTime, in tick: Int, allowance: Duration) -> Bool {
            waiting.isEmpty && throttledUntil <= now && (used.tick != tick || used.time < allowance)
        }

        /// Whether nothing is lost where the user comes back to a new budget.
        func isForgettable(at now: MonotonicTime, in tick: Int) -> Bool {
            connections == 0 && waiting.isEmpty && throttledUntil <= now && used.tick != tick
        }

        func charge(_ time: Duration, in tick: Int) {
            used = used.tick == tick ? (tick, used.time + time) : (tick, time)
        }

        /// Adapts the length of the next read to what one of `count` bytes has taken.
        func didRead(_ count: Int, in time: Duration) {
            if time > .microseconds(10) {
                readLength = max(Self.shortestRead, readLength / 2)
            } else if count == readLength, time < .microseconds(3) {
                readLength = min(Self.longestRead, readLength * 2)
            }
        }

        /// Charges a call by its length, which nothing interrupts the reading of.
        func charge(call bytes: Int, at now: @autoclosure () -> MonotonicTime) {
            if bytes > Self.shortCall { throttle(bytes, at: now()) }
        }

        /// Charges a reply by its length.
        func charge(reply bytes: Int, at now: @autoclosure () -> MonotonicTime) {
            if bytes > Self.shortReply { throttle(bytes, at: now()) }
        }

        private func throttle(_ bytes: Int, at now: MonotonicTime) {
            if isThrottled { throttledUntil = max(throttledUntil, now) + .microseconds(Int64(bytes)) }
        }
    }
}

/// What waits in buffers, in bytes: calls that have come in, and replies that nobody has read.
///
/// Each has a limit of its own, because what may come in says nothing about what goes out.
package struct BufferedBytes: Equatable, Sendable {
    package var calls = 0
    package var replies = 0

    /// How many of the longest calls a user may have in all buffers together.
    private static let longestCalls = 4
    /// The least that calls may have: more than a socket holds, all of which is read when a write fails.
    private static let leastCalls = 1 << 20
    /// What replies to a user may have in all buffers together.
    package static let mostReplies = 1 << 22

    mutating func change(from old: BufferedBytes, to new: BufferedBytes) {
        calls += new.calls - old.calls
        replies += new.replies - old.replies
    }

    /// Whether it is more than a user may have, where no call is longer than `longestMessage`.
    func exceeds(longestMessage: Int) -> Bool {
        replies > Self.mostReplies || calls > Self.leastCalls && calls / Self.longestCalls > longestMessage
    }
}
