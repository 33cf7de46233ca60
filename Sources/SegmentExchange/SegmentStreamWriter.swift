import POSIX
public import Segments
public import SystemPackage

/// The writing side of a byte stream through a segment, from one process to one other.
///
/// ```swift
/// var writer = try SegmentStreamWriter.open(try client.attach("session"), timeout: .seconds(10))
/// try writer.write([1, 2, 3].span.bytes)
/// try writer.finish()
/// ```
///
/// Bytes go through a ring in the segment's memory. While neither side has to wait, no system call is made, and the
/// broker is never asked. A full ring makes the writer wait for the reader. The stream is complete only once `finish`
/// returns: a writer that ends in any other way is an error on the other side.
///
/// If the reader dies, a call that waits reports it within 200 ms, otherwise the next call does.
public struct SegmentStreamWriter: ~Copyable, Sendable {
    // They end in this order: the side is released before the memory is detached.
    var side: StreamSide
    let memory: SharedBytes
    let ring: Ring
    /// `position`, as it stands in memory.
    package private(set) var offset: UInt64 = 0
    /// The reader's position when this side last looked.
    private var seen: UInt64 = 0
    /// Why the stream can no longer be complete.
    private var failure: ExchangeError?
    private let segment: AttachedSegment?

    /// Opens the writing side of a segment and waits for a reader.
    ///
    /// - Parameters:
    ///   - segment: A segment of at least 8 KiB, attached for reading and writing, and used for nothing else.
    ///   - timeout: The longest time to wait for the reader; by default without limit.
    /// - Returns: The writing side, bound to its reader.
    /// - Throws: `sideInUse` where another process writes, `peerNotVisible`, `timedOut`, `unrecognizedLayout`,
    ///   `segmentTooSmall`, `readOnly`, `segmentRemoved` or `systemCall`.
    public static func open(
        _ segment: consuming AttachedSegment,
        timeout: Duration? = nil
    ) throws(ExchangeError) -> SegmentStreamWriter {
        guard segment.access == .readWrite else { throw .readOnly }
        let memory = unsafe SharedBytes(segment.unsafeBytes, of: segment.identifier)
        return try SegmentStreamWriter(in: memory, of: consume segment, timeout: timeout)
    }

    /// Opens the writing side in memory that `segment` keeps attached, or that outlives the stream if it is nil.
    package init(
        in memory: SharedBytes,
        of segment: consuming AttachedSegment? = nil,
        timeout: Duration? = nil
    ) throws(ExchangeError) {
        side = try StreamOpening(.writer, in: memory, timeout: timeout).bind()
        self.memory = memory
        ring = StreamLayout.ring(in: memory)
        self.segment = consume segment
    }

    /// How many bytes have been written.
    public var position: Int { Int(clamping: offset) }

    /// The reader's process ID.
    public var peerProcessID: Int32 { side.peerProcessID }

    /// Writes all bytes, waiting for room as often as needed.
    ///
    /// A call that waits goes on once there is room for the rest of its bytes, or a quarter of the ring is free.
    ///
    /// - Throws: `peerDied`, `peerClosed`, `corrupted` or `segmentRemoved`, after which every later call throws the same;
    ///   `inherited` in a process that a fork(2) of the opening process made.
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

    /// Marks the stream as complete, and waits until the reader has read all of it.
    ///
    /// - Parameter timeout: The longest time to wait for the reader; by default without limit.
    /// - Throws: `peerDied` or `peerClosed` if the reader ended before; `segmentRemoved`; `inherited`; `timedOut`, after
    ///   which it is unknown whether the reader got everything; and what a write has thrown: then the reader learns that
    ///   the stream is incomplete.
    public consuming func finish(timeout: Duration? = nil) throws(ExchangeError) {
        try checkCall()
        side.own.wanted.store(.max)
        side.own.end.store(side.serial)
        side.other.waiting.wake()
        let other = side.other, serial = side.serial, partner = side.partner
        try side.await(until: Deadline(timeout)) { () -> Look<Void> in
            let isBound = other.serial.load() == partner
            if other.end.load() == serial { return .found(()) }
            return isBound ? .notYet : .failed(.peerClosed)
        }
    }

    /// Throws `inherited`, and the failure of an earlier call.
    func checkCall() throws(ExchangeError) {
        try side.process.check()
        if let failure { throw failure }
    }

    /// Keeps an error after which bytes may be missing, unless it is a file's.
    mutating func note(_ error: ExchangeError) {
        if error.code != .systemCall { failure = error }
    }

    /// Where in memory the next bytes can be written, once there is room: for up to `count` of them, at least one.
    ///
    /// `needed` is how many bytes there are to write; it is evaluated only if there is no room.
    mutating func room(upTo count: Int, needed: () -> Int) throws(ExchangeError) -> Range<Int> {
        if try side.peerHasEnded() { throw .peerDied(processID: side.peerProcessID) }
        if knownRoom < count { try lookForRoom(needed) }
        return ring.range(from: offset, count: min(count, knownRoom))
    }

    private var knownRoom: Int { ring.capacity - Int(offset - seen) }

    /// Waits if there is no room at all, until there is enough for what is needed or a quarter of the ring is free.
    private mutating func lookForRoom(_ needed: () -> Int) throws(ExchangeError) {
        let ring = ring, written = offset, last = seen
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

    /// Passes this many more bytes to the reader.
    mutating func publish(_ count: Int) {
        offset += UInt64(count)
        side.own.processor.note()
        side.own.position.store(offset)
        side.other.waiting.wake()
    }
}

extension SegmentStreamWriter {
    /// Reads once from a file straight into the ring, as soon as there is room; returns 0 at the end of the file.
    ///
    /// read(2) makes the only copy. While a pipe, socket or terminal has nothing to read, the reader's end is noticed.
    ///
    /// - Throws: `systemCall` with the errno of read(2) or poll(2), after which the stream goes on; and what
    ///   ``write(_:)`` throws.
    public mutating func copyAvailable(from file: FileDescriptor) throws(ExchangeError) -> Int {
        try checkCall()
        do throws(ExchangeError) {
            // If the amount is unknown, every byte of room counts.
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

    /// Copies a file into the stream up to its end, or a pipe until it is closed; returns the number of bytes.
    ///
    /// ```swift
    /// _ = try writer.copy(from: .standardInput)
    /// try writer.finish()
    /// ```
    ///
    /// - Throws: What ``copyAvailable(from:)`` throws.
    public mutating func copy(from file: FileDescriptor) throws(ExchangeError) -> Int {
        let start = offset
        while try copyAvailable(from: file) > 0 {}
        return Int(clamping: offset - start)
    }
}
