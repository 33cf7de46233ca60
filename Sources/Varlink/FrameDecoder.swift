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

    package mutating func append(_ new: Span<UInt8>) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
            (start, scanned) = (0, 0)
        }
        bytes.append(new)
    }

    /// The next whole message, parsed; nil until more bytes have come.
    package mutating func next() throws(FrameError) -> JSON? {
        scanned = bytes.firstZero(from: scanned) ?? bytes.count
        guard scanned - start <= maximumLength else { throw .tooLong(limit: maximumLength) }
        guard scanned < bytes.count else {
            if start > 1 << 16 {
                bytes.removeFirst(start)
                scanned -= start
                start = 0
            }
            return nil
        }
        let range = start..<scanned
        scanned += 1
        start = scanned
        do throws(JSONError) {
            return try JSON(parsing: bytes.span.extracting(range))
        } catch {
            throw .malformed(error)
        }
    }
}

/// Why a stream of bytes cannot be followed any further.
package enum FrameError: Error, Equatable, Sendable {
    /// In bytes.
    case tooLong(limit: Int)
    case malformed(JSONError)
}
