import POSIX
public import Segments
public import SystemPackage

/// The reading side of a byte stream through a segment, from one process to one other.
///
/// ```swift
/// var reader = try SegmentStreamReader.open(try client.attach("session"), timeout: .seconds(10))
/// let count = try reader.copy(to: .standardOutput)
/// ```
///
/// The other side is a ``SegmentStreamWriter``. The end of the stream is reported only if the writer marked it complete.
/// If the writer dies or lets go before, the reader gets an error at once.
public struct SegmentStreamReader: ~Copyable, Sendable {
    // They end in this order: the side is released before the memory is detached.
    var side: StreamSide
    let memory: SharedBytes
    private let ring: Ring
    /// `position`, as it stands in memory.
    package private(set) var offset: UInt64 = 0
    /// The writer's position when this side last looked.
    private var seen: UInt64 = 0
    /// Whether `seen` is where the stream ends.
    private(set) var hasEnd = false
    private var isOver = false
    private let segment: AttachedSegment?

    /// Opens the reading side of a segment and waits for a writer.
    ///
    /// - Parameters:
    ///   - segment: A segment of at least 8 KiB, attached for reading and writing, and used for nothing else.
    ///   - timeout: The longest time to wait for the writer; by default without limit.
    /// - Returns: The reading side, bound to its writer.
    /// - Throws: `sideInUse` where another process reads, `peerNotVisible`, `timedOut`, `unrecognizedLayout`,
    ///   `segmentTooSmall`, `readOnly`, `segmentRemoved` or `systemCall`.
    public static func open(
        _ segment: consuming AttachedSegment,
        timeout: Duration? = nil
    ) throws(ExchangeError) -> SegmentStreamReader {
        guard segment.access == .readWrite else { throw .readOnly }
        let memory = unsafe SharedBytes(segment.unsafeBytes, of: segment.identifier)
        return try SegmentStreamReader(in: memory, of: consume segment, timeout: timeout)
    }

    /// Opens the reading side in memory that `segment` keeps attached, or that outlives the stream if it is nil.
    package init(
        in memory: SharedBytes,
        of segment: consuming AttachedSegment? = nil,
        timeout: Duration? = nil
    ) throws(ExchangeError) {
        side = try StreamOpening(.reader, in: memory, timeout: timeout).bind()
        self.memory = memory
        ring = StreamLayout.ring(in: memory)
        self.segment = consume segment
    }

    /// How many bytes have been read.
    public var position: Int { Int(clamping: offset) }

    /// The writer's process ID.
    public var peerProcessID: Int32 { side.peerProcessID }

    /// Reads the bytes that are there, waiting for at least one; returns 0 at the end of a complete stream.
    ///
    /// Read on until it returns 0: only then does the writer learn that everything has arrived.
    ///
    /// - Throws: `peerDied`, `peerClosed`, `corrupted`, `segmentRemoved` or `inherited`.
    public mutating func read(into bytes: inout MutableRawSpan) throws(ExchangeError) -> Int {
        try side.process.check()
        guard bytes.byteCount > 0, let filled = try filled(upTo: bytes.byteCount) else { return 0 }
        unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(memory.unsafeBytes(filled)))
        }
        free(filled.count)
        return filled.count
    }

    /// Where in memory the next bytes are, once there are any: up to `count` of them, at least one; nil at the end.
    mutating func filled(upTo count: Int) throws(ExchangeError) -> Range<Int>? {
        if isOver { return nil }
        if !hasEnd {
            let hasDied = try side.peerHasEnded()
            if hasDied || knownBytes < count { try lookForBytes(hasDied) }
        }
        guard knownBytes > 0 else {
            acknowledge()
            return nil
        }
        return ring.range(from: offset, count: min(count, knownBytes))
    }

    private var knownBytes: Int { Int(seen - offset) }

    /// Waits if there are no bytes at all.
    private mutating func lookForBytes(_ hasDied: Bool) throws(ExchangeError) {
        let ring = ring, read = offset, last = seen
        let other = side.other, partner = side.partner
        (seen, hasEnd) = try side.await { () -> Look<(UInt64, Bool)> in
            // Before the position: bytes that were written before the end was marked count.
            let hasEnd = other.end.load() == partner
            let written = other.position.load()
            guard other.serial.load() == partner else { return .failed(.peerClosed) }
            guard let filled = ring.filled(written: written, lastWritten: last, read: read) else {
                return .failed(.corrupted)
            }
            return filled > 0 || hasEnd ? .found((written, hasEnd)) : .notYet
        }
        // Bytes that came before a death are not handed out: the stream is incomplete, and the error is due.
        if hasDied, !hasEnd { throw .peerDied(processID: side.peerProcessID) }
    }

    /// Tells the writer that everything has been read, and releases the side to the next reader.
    private mutating func acknowledge() {
        side.own.end.store(side.partner)
        side.letGo()
        isOver = true
    }

    /// Returns the room of this many bytes to the writer, which is woken only once it has as much as it wants.
    mutating func free(_ count: Int) {
        offset += UInt64(count)
        side.own.processor.note()
        side.own.position.store(offset)
        side.other.waiting.wake(if: offset >= side.other.wanted.load())
    }
}

extension SegmentStreamReader {
    /// Writes once to a file straight from the ring, as soon as there are bytes; returns 0 at the end of a complete stream.
    ///
    /// write(2) makes the only copy. While a pipe or socket accepts nothing, the writer's end is noticed; a pipe that
    /// accepts a part of the bytes holds the call until it has accepted the rest.
    ///
    /// - Throws: `systemCall` with the errno of write(2) or poll(2), and what ``read(into:)`` throws.
    public mutating func copyAvailable(to file: FileDescriptor) throws(ExchangeError) -> Int {
        try side.process.check()
        guard let filled = try filled(upTo: StreamLayout.chunk) else { return 0 }
        let count = try side.count("write", of: file, .write, hasEnd: hasEnd) { () throws(Errno) in
            try unsafe file.writeOnce(UnsafeRawBufferPointer(memory.unsafeBytes(filled)))
        }
        free(count)
        return count
    }

    /// Copies the whole stream to a file; returns the number of bytes.
    ///
    /// - Throws: What ``copyAvailable(to:)`` throws.
    public mutating func copy(to file: FileDescriptor) throws(ExchangeError) -> Int {
        let start = offset
        while try copyAvailable(to: file) > 0 {}
        return Int(clamping: offset - start)
    }
}
