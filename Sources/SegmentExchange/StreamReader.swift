import POSIX
public import Segments
public import SystemPackage

/// The reading side of a byte stream through a segment, from one process to one other.
///
/// See `StreamWriter`. The end of the stream is told only if the writer has said that it is whole; its death and its
/// letting go before that are errors, at once.
public struct StreamReader: ~Copyable, Sendable {
    // In this order they end: the side is let go before the memory is detached.
    var side: StreamSide
    let memory: SharedBytes
    private let ring: Ring
    /// How many bytes have been read.
    public private(set) var position: UInt64 = 0
    /// Where the writer was when this side looked last.
    private var seen: UInt64 = 0
    /// Whether `seen` is where the stream ends.
    private(set) var hasEnd = false
    private var isOver = false
    private let segment: AttachedSegment?

    /// Opens the reading side and waits for a writer.
    ///
    /// A segment of at least 8 KiB that is attached for writing too, and used for nothing else. `timeLimit` is how
    /// long to wait for the writer, without limit if none is given.
    ///
    /// Throws `taken` where another process reads, `cannotBeWatched`, `timedOut`, `otherContents`,
    /// `segmentTooSmall`, `readOnly`, `segmentRemoved`, `failed`.
    public init(
        _ segment: consuming AttachedSegment,
        timeLimit: Duration? = nil
    ) throws(ExchangeError) {
        guard segment.access == .readWrite else { throw .readOnly }
        let memory = unsafe SharedBytes(segment.unsafeBytes, of: segment.identifier)
        try self.init(in: memory, of: consume segment, timeLimit: timeLimit)
    }

    /// Opens the reading side of a stream in memory that `segment`, if it is given, keeps attached, and that else outlives it.
    package init(
        in memory: SharedBytes,
        of segment: consuming AttachedSegment? = nil,
        timeLimit: Duration? = nil
    ) throws(ExchangeError) {
        side = try StreamOpening(.reader, in: memory, timeLimit: timeLimit).bind()
        self.memory = memory
        ring = StreamLayout.ring(in: memory)
        self.segment = consume segment
    }

    /// The writer's process.
    public var peerProcessID: Int32 { side.peerProcessID }

    /// Reads what there is, at least one byte, waiting for it if need be; 0 at the end of a stream that is whole.
    ///
    /// The writer is told that everything has been read when the end is, so read on to the end. Throws `peerDied`,
    /// `peerClosed`, `corrupted`, `segmentRemoved`, `inherited`.
    public mutating func read(into bytes: inout MutableRawSpan) throws(ExchangeError) -> Int {
        try side.process.check()
        guard bytes.byteCount > 0, let filled = try filled(upTo: bytes.byteCount) else { return 0 }
        unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(memory.unsafeBytes(filled)))
        }
        free(filled.count)
        return filled.count
    }

    /// The next bytes in memory, once there are any: up to `count` of them, at least one; nil at the end.
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
        return ring.range(from: position, count: min(count, knownBytes))
    }

    private var knownBytes: Int { Int(seen - position) }

    /// Waits only if there are no bytes at all.
    private mutating func lookForBytes(_ hasDied: Bool) throws(ExchangeError) {
        let ring = ring, read = position, last = seen
        let other = side.other, partner = side.partner
        (seen, hasEnd) = try side.await { () -> Look<(UInt64, Bool)> in
            // Before the position: what is written before the end is said counts.
            let hasEnd = other.end.load() == partner
            let written = other.position.load()
            guard other.serial.load() == partner else { return .failed(.peerClosed) }
            guard let filled = ring.filled(written: written, lastWritten: last, read: read) else {
                return .failed(.corrupted)
            }
            return filled > 0 || hasEnd ? .found((written, hasEnd)) : .notYet
        }
        // What came before a death is not given out: it is not whole, and the error is due.
        if hasDied, !hasEnd { throw .peerDied(processID: side.peerProcessID) }
    }

    /// Tells the writer that everything has been read, and lets the next reader come.
    private mutating func acknowledge() {
        side.own.end.store(side.partner)
        side.letGo()
        isOver = true
    }

    /// Gives room to the writer: so many bytes have been read.
    ///
    /// The writer is woken where it wants to be, not for every few bytes.
    mutating func free(_ count: Int) {
        position += UInt64(count)
        side.own.processor.note()
        side.own.position.store(position)
        side.other.waiting.wake(if: position >= side.other.wanted.load())
    }
}

extension StreamReader {
    /// Writes once to a file straight out of the ring, as soon as there are bytes; 0 at the end of a whole stream.
    ///
    /// write(2) is the only copy. While a pipe or socket takes nothing, the writer's end is noticed; a pipe that takes
    /// a part of what it is given holds the call until it has taken the rest.
    /// Throws `failed` with the errno of write(2) or poll(2), `peerDied`, `peerClosed`, `corrupted`, `segmentRemoved`,
    /// `inherited`.
    public mutating func read(to file: FileDescriptor) throws(ExchangeError) -> Int {
        try side.process.check()
        guard let filled = try filled(upTo: StreamLayout.chunk) else { return 0 }
        let count = try side.count("write", of: file, .write, hasEnd: hasEnd) { () throws(Errno) in
            try unsafe file.writeOnce(UnsafeRawBufferPointer(memory.unsafeBytes(filled)))
        }
        free(count)
        return count
    }

    /// Writes the whole stream to a file; returns the number of bytes.
    ///
    /// Throws as `read(to:)` does.
    public mutating func readAll(to file: FileDescriptor) throws(ExchangeError) -> UInt64 {
        let start = position
        while try read(to: file) > 0 {}
        return position - start
    }
}
