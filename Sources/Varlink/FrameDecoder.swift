/// Cuts a stream of bytes into messages, each ended by a zero byte, and never keeps more than it must.
package final class FrameDecoder {
    /// The longest message, in bytes without its end.
    package let maximumLength: Int
    private let bytes = ByteQueue()
    /// No zero byte stands before this.
    private var scanned = 0

    package init(maximumLength: Int) {
        self.maximumLength = maximumLength
    }

    /// Bytes that belong to no message yet taken.
    package var bufferedBytes: Int { bytes.count }

    /// Whether a message is there to its end.
    package var holdsMessage: Bool {
        scanned = bytes.firstZero(from: scanned) ?? bytes.count
        return scanned < bytes.count
    }

    /// The length of the message that is there to its end, in bytes; else of what was looked through for one.
    package var messageLength: Int { scanned }

    /// What its memory has room for, in bytes.
    var capacity: Int { bytes.capacity }

    package func append(_ new: Span<UInt8>) {
        bytes.append(new)
    }

    /// Forgets everything.
    package func removeAll() {
        bytes.removeAll()
        scanned = 0
    }

    /// The next whole message; nil until more bytes have come.
    package func next() throws(FrameError) -> JSON? {
        try next { text throws(FrameError) in
            do throws(JSONError) { return try JSON(parsing: text) } catch { throw .malformed(error) }
        }
    }

    /// The same where the message is to be a call.
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
            giveBack()
        }
        return try bytes.withBytes(count: scanned, read)
    }

    /// What a long message needed is given back as soon as it is taken: many connections may have had one.
    private func giveBack() {
        if bytes.count == 0 {
            bytes.removeAll(keeping: Self.little)
        } else if bytes.capacity > max(Self.little, 2 * bytes.count) {
            bytes.shrink()
        }
    }

    /// What most messages need, in bytes.
    private static let little = 1 << 12
}

/// Why a stream of bytes cannot be followed any further.
package enum FrameError: Error, Equatable, Sendable {
    /// In bytes.
    case tooLong(limit: Int)
    case malformed(JSONError)
    case notACall(CallError)

    /// What a service has done that its client cannot follow.
    var violation: String {
        switch self {
        case .tooLong(let limit): "the service sent a message of more than \(limit) bytes"
        case .malformed(let error): "the service sent what is not JSON, at byte \(error.offset) of a message"
        case .notACall: "the service sent no reply"
        }
    }
}
