import POSIX
public import Segments
public import SystemPackage

/// The writing side of a byte stream through a segment, from one process to one other.
///
/// Bytes go through a ring in the segment's memory: no system call is made while neither side has to wait, and the
/// broker is not asked. A full ring makes the writer wait for the reader. The stream is whole only if `finish`
/// returns; a writer that ends otherwise, however it ends, is an error on the other side.
///
/// The reader's death is told within 200 ms, to a call that waits or by the next call.
public struct StreamWriter: ~Copyable, Sendable {
    // In this order they end: the side is let go before the memory is detached.
    var side: StreamSide
    let memory: SharedBytes
    let ring: Ring
    /// How many bytes have been written.
    public private(set) var position: UInt64 = 0
    /// Where the reader was when this side looked last.
    private var seen: UInt64 = 0
    /// Why the stream cannot be whole any more.
    private var failure: ExchangeError?
    private let segment: AttachedSegment?

    /// Opens the writing side and waits for a reader.
    ///
    /// A segment of at least 8 KiB that is attached for writing too, and used for nothing else. `timeLimit` is how
    /// long to wait for the reader, without limit if none is given.
    ///
    /// Throws `taken` where another process writes, `cannotBeWatched`, `timedOut`, `otherContents`,
    /// `segmentTooSmall`, `readOnly`, `segmentRemoved`, `failed`.
    public init(
        _ segment: consuming AttachedSegment,
        timeLimit: Duration? = nil
    ) throws(ExchangeError) {
        guard segment.access == .readWrite else { throw .readOnly }
        let memory = unsafe SharedBytes(segment.unsafeBytes, of: segment.identifier)
        try self.init(in: memory, of: consume segment, timeLimit: timeLimit)
    }

    /// Opens the writing side of a stream in memory that `segment`, if it is given, keeps attached, and that else outlives it.
    package init(
        in memory: SharedBytes,
        of segment: consuming AttachedSegment? = nil,
        timeLimit: Duration? = nil
    ) throws(ExchangeError) {
        side = try StreamOpening(.writer, in: memory, timeLimit: timeLimit).bind()
        self.memory = memory
        ring = StreamLayout.ring(in: memory)
        self.segment = consume segment
    }

    /// The reader's process.
    public var peerProcessID: Int32 { side.peerProcessID }

    /// Writes all bytes, waiting for room as often as needed.
    ///
    /// A call that waits for room goes on once there is enough for the rest of its bytes, or a quarter of the ring is
    /// free. Throws `peerDied`, `peerClosed`, `corrupted`, `segmentRemoved`, and whatever of these came once comes again;
    /// `inherited` in a child of the process that opened the side, by fork(2).
    public mutating func write(_ bytes: RawSpan) throws(ExchangeError) {
        try checkCall()
        do throws(ExchangeError) { try writeAll(bytes) } catch {
            note(error)
            throw error
        }
    }

    private mutating func writeAll(_ bytes: RawSpan) throws(ExchangeError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.byteCount
            let room = try room(upTo: count) { count }
            unsafe rest.withUnsafeBytes { bytes in
                unsafe memory.unsafeBytes(room).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[..<room.count])
                )
            }
            publish(room.count)
            rest = rest.extracting(droppingFirst: room.count)
        }
    }

    /// Says that everything has been written, and waits until the reader has read it.
    ///
    /// Throws `peerDied` and `peerClosed` if the reader has ended before that, `segmentRemoved`, `inherited`, and what a
    /// write has thrown: then the reader is told that the stream is not whole.
    public consuming func finish() throws(ExchangeError) {
        try checkCall()
        side.own.wanted.store(.max)
        side.own.end.store(side.serial)
        side.other.waiting.wake()
        let other = side.other, serial = side.serial, partner = side.partner
        try side.await { () -> Look<Void> in
            let isBound = other.serial.load() == partner
            if other.end.load() == serial { return .found(()) }
            return isBound ? .notYet : .failed(.peerClosed)
        }
    }

    /// Throws `inherited`, and what has failed before.
    func checkCall() throws(ExchangeError) {
        try side.process.check()
        if let failure { throw failure }
    }

    /// Keeps an error after which bytes may be missing; one of a file is not the stream's.
    mutating func note(_ error: ExchangeError) {
        if case .failed = error { return }
        failure = error
    }

    /// A place in memory where bytes can be written, once there is room: up to `count` of them, at least one.
    ///
    /// `needed` is how many there are to be written; it is asked for if there is no room.
    mutating func room(upTo count: Int, needed: () -> Int) throws(ExchangeError) -> Range<Int> {
        if try side.peerHasEnded() { throw .peerDied(processID: side.peerProcessID) }
        if knownRoom < count { try lookForRoom(needed) }
        return ring.range(from: position, count: min(count, knownRoom))
    }

    private var knownRoom: Int { ring.capacity - Int(position - seen) }

    /// Waits only if there is no room at all; then for what is needed, or a quarter of the ring: not for every few bytes.
    private mutating func lookForRoom(_ needed: () -> Int) throws(ExchangeError) {
        let ring = ring, written = position, last = seen
        let own = side.own, other = side.other, partner = side.partner
        var isAnnounced = false
        seen = try side.await { () -> Look<UInt64> in
            let read = other.position.load()
            guard other.serial.load() == partner else { return .failed(.peerClosed) }
            guard let room = ring.room(written: written, read: read, lastRead: last) else {
                return .failed(.corrupted)
            }
            guard room == 0 else { return .found(read) }
            if !isAnnounced { own.wanted.store(ring.wanted(written: written, count: needed())) }
            isAnnounced = true
            return .notYet
        }
    }

    /// Shows the reader as many more bytes.
    mutating func publish(_ count: Int) {
        position += UInt64(count)
        side.own.processor.note()
        side.own.position.store(position)
        side.other.waiting.wake()
    }
}

extension StreamWriter {
    /// Reads once from a file straight into the ring, as soon as there is room; 0 at the end of the file.
    ///
    /// read(2) is the only copy. While a pipe, socket or terminal has nothing to read, the reader's end is noticed.
    /// Throws `failed` with the errno of read(2) or poll(2), after which the stream goes on, `peerDied`, `peerClosed`,
    /// `corrupted`, `segmentRemoved`, `inherited`.
    public mutating func write(from file: FileDescriptor) throws(ExchangeError) -> Int {
        try checkCall()
        do throws(ExchangeError) {
            // Where it is not known how much there is, every byte of room counts.
            let room = try room(upTo: StreamLayout.chunk) { max(1, file.readableBytes ?? 1) }
            let count = try side.count("read", of: file, .read) { () throws(Errno) in
                try unsafe file.readOnce(into: memory.unsafeBytes(room))
            }
            publish(count)
            return count
        } catch {
            note(error)
            throw error
        }
    }

    /// Writes a whole file, or a pipe up to its end; returns the number of bytes.
    ///
    /// Throws as `write(from:)` does. `finish` is still to be called.
    public mutating func writeAll(from file: FileDescriptor) throws(ExchangeError) -> UInt64 {
        let start = position
        while try write(from: file) > 0 {}
        return position - start
    }
}
