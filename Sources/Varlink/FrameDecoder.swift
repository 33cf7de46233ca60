/// Splits a stream of bytes into messages, each ended by a zero byte, and keeps no more memory than needed.
package final class FrameDecoder {
    /// The longest message, in bytes without its zero byte.
    package let maximumLength: Int
    private let bytes = ByteQueue()
    /// There is no zero byte before this offset.
    private var scanned = 0

    package init(maximumLength: Int) {
        self.maximumLength = maximumLength
    }

    /// The number of bytes buffered and not yet returned as a message.
    package var bufferedBytes: Int { bytes.count }

    /// Whether a complete message is buffered.
    package var holdsMessage: Bool {
        scanned = bytes.firstZero(from: scanned) ?? bytes.count
        return scanned < bytes.count
    }

    /// The length of the complete message in bytes, or the number of bytes searched without finding its end.
    package var messageLength: Int { scanned }

    /// The size of its memory, in bytes.
    var capacity: Int { bytes.capacity }

    package func append(_ new: Span<UInt8>) {
        bytes.append(new)
    }

    /// Discards all buffered bytes.
    package func removeAll() {
        bytes.removeAll()
        scanned = 0
    }

    /// Returns the next complete message; nil until more bytes arrive.
    package func next() throws(FrameError) -> JSON? {
        try next { text throws(FrameError) in
            do throws(JSONError) { return try JSON(parsing: text) } catch { throw .malformed(error) }
        }
    }

    /// Returns the next complete message, which must be a call; nil until more bytes arrive.
    package func nextCall() throws(FrameError) -> Call? {
        try next { text throws(FrameError) in
            do throws(CallError) { return try Call(parsing: text) } catch { throw .notACall(error) }
        }
    }

    private func next<Message>(
        _ read: (Span<UInt8>) throws(FrameError) -> Message
    ) throws(FrameError) -> Message? {
        let isWhole = holdsMessage
        guard scanned <= maximumLength else { throw .tooLong(limit: maximumLength) }
        guard isWhole else { return nil }
        defer {
            bytes.removeFirst(scanned + 1)
            scanned = 0
            releaseMemory()
        }
        return try bytes.withBytes(count: scanned, read)
    }

    /// Frees the memory of a long message as soon as it has been returned, since many connections may have
    /// had one.
    private func releaseMemory() {
        if bytes.count == 0 {
            bytes.removeAll(keeping: Self.little)
        } else if bytes.capacity > max(Self.little, 2 * bytes.count) {
            bytes.shrink()
        }
    }

    /// Enough for most messages, in bytes.
    private static let little = 1 << 12
}

/// The reason a stream of bytes cannot be decoded any further.
package enum FrameError: Error, Equatable, Sendable {
    /// In bytes.
    case tooLong(limit: Int)
    case malformed(JSONError)
    case notACall(CallError)

    /// The protocol violation, as seen by a client.
    var violation: String {
        switch self {
        case .tooLong(let limit): "the service sent a message of more than \(limit) bytes"
        case .malformed(let error): "the service sent invalid JSON at byte \(error.offset) of a message"
        case .notACall: "the service sent no reply"
        }
    }
}
