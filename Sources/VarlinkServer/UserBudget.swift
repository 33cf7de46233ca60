import EventLoop
import POSIX

extension FairScheduler {
    /// The share of the server that all connections of one user have together: time on the event loop, and
    /// memory.
    final class UserBudget {
        /// Whether long messages cause a pause.
        private let isThrottled: Bool
        var connections = 0
        /// The bytes buffered by the connections in both directions; small amounts are not counted.
        var buffered = BufferedBytes()
        /// Connections whose calls wait for a round, in order of arrival.
        let waiting = Queue<Connection>()
        /// No call is processed before this time.
        private(set) var throttledUntil = MonotonicTime.distantPast
        /// The time that calls have taken in one tick.
        private var used: (tick: Int, time: Duration) = (0, .zero)
        /// The most to read from a connection at a time, in bytes.
        ///
        /// The kernel's time grows with the number of pieces sent, not of bytes: a socket holds up to 277
        /// pieces, which take 80 µs to read even if each is one byte.
        private(set) var readLength = longestRead

        /// The limits of `readLength`, in bytes; the least is what one piece may be.
        static var longestRead: Int { 1 << 12 }
        private static var shortestRead: Int { 16 }

        /// The longest call and reply that cost nothing, in bytes: each takes about ten µs.
        private static var shortCall: Int { 1 << 13 }
        private static var shortReply: Int { 1 << 15 }

        init(isThrottled: Bool = true) {
            self.isThrottled = isThrottled
        }

        /// Returns whether another call may be processed without waiting, if a user has `allowance` in each
        /// tick.
        func mayProcess(at now: MonotonicTime, in tick: Int, allowance: Duration) -> Bool {
            waiting.isEmpty && throttledUntil <= now && (used.tick != tick || used.time < allowance)
        }

        /// Returns whether a returning user may be given a new budget without losing any charge.
        func isForgettable(at now: MonotonicTime, in tick: Int) -> Bool {
            connections == 0 && waiting.isEmpty && throttledUntil <= now && used.tick != tick
        }

        func charge(_ time: Duration, in tick: Int) {
            used = used.tick == tick ? (tick, used.time + time) : (tick, time)
        }

        /// Adapts the length of the next read to the time that a read of `count` bytes took.
        func didRead(_ count: Int, in time: Duration) {
            if time > .microseconds(10) {
                readLength = max(Self.shortestRead, readLength / 2)
            } else if count == readLength, time < .microseconds(3) {
                readLength = min(Self.longestRead, readLength * 2)
            }
        }

        /// Charges a call by its length, since parsing it cannot be interrupted.
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

/// Buffered bytes: calls that have arrived, and replies that have not been read.
///
/// Each has its own limit, because the size of calls says nothing about the size of replies.
package struct BufferedBytes: Equatable, Sendable {
    package var calls = 0
    package var replies = 0

    /// The number of longest calls that fit in all buffers of a user together.
    private static let longestCalls = 4
    /// The least limit for calls: more than a socket holds, all of which is read when a write fails.
    private static let leastCalls = 1 << 20
    /// The limit for replies in all buffers of a user together.
    package static let mostReplies = 1 << 22

    mutating func change(from old: BufferedBytes, to new: BufferedBytes) {
        calls += new.calls - old.calls
        replies += new.replies - old.replies
    }

    /// Returns whether a user's limit is exceeded, if no call may be longer than `longestMessage`.
    func exceeds(longestMessage: Int) -> Bool {
        replies > Self.mostReplies || calls > Self.leastCalls && calls / Self.longestCalls > longestMessage
    }
}
