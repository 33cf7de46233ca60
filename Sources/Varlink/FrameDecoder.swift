/// Cuts a stream of bytes into messages, each ended by a zero byte, and never keeps more than it must.
package struct FrameDecoder: Sendable {
    /// The longest message, in bytes without its end.
    package var maximumLength: Int
    private var bytes: [UInt8] = []
    private var start = 0
    /// No zero byte stands before this.
    private var scanned = 0

    package init(maximumLength: Int) {
        self.maximumLength = maximumLength
    }

    /// Bytes that belong to no message yet taken.
    package var bufferedBytes: Int { bytes.count - start }

    /// Whether a message is there to its end.
    package var holdsMessage: Bool {
        mutating get {
            scanned = bytes.firstZero(from: scanned) ?? bytes.count
            return scanned < bytes.count
        }
    }

    /// The length of the message that is there to its end, in bytes; else of what was looked through for one.
    package var messageLength: Int { scanned - start }

    /// What its memory has room for, in bytes.
    var capacity: Int { bytes.capacity }

    package mutating func append(_ new: Span<UInt8>) {
        if start > bytes.count / 2 { removeTaken() }
        bytes.append(new)
    }

    /// The next whole message, parsed; nil until more bytes have come.
    package mutating func next() throws(FrameError) -> JSON? {
        let isWhole = holdsMessage
        guard messageLength <= maximumLength else { throw .tooLong(limit: maximumLength) }
        defer { giveBack() }
        guard isWhole else { return nil }
        let range = start..<scanned
        scanned += 1
        start = scanned
        do throws(JSONError) {
            return try JSON(parsing: bytes.span.extracting(range))
        } catch {
            throw .malformed(error)
        }
    }

    /// What a long message needed is given back as soon as it is taken: many connections may have had one.
    private mutating func giveBack() {
        if bufferedBytes == 0 {
            bytes.removeAll(keepingCapacity: capacity <= Self.little)
            (start, scanned) = (0, 0)
        } else if capacity > max(Self.little, 2 * bufferedBytes) {
            bytes = Array(bytes[start...])
            (start, scanned) = (0, scanned - start)
        }
    }

    /// What most messages need, in bytes.
    private static let little = 1 << 12

    private mutating func removeTaken() {
        bytes.removeFirst(start)
        scanned -= start
        start = 0
    }
}

/// Why a stream of bytes cannot be followed any further.
package enum FrameError: Error, Equatable, Sendable {
    /// In bytes.
    case tooLong(limit: Int)
    case malformed(JSONError)
}
