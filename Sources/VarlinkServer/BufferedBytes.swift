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
