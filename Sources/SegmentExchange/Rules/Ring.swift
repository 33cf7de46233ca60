/// Where bytes lie in a ring, and whether the other side's position is possible.
///
/// Positions count the bytes since the stream began. The peer's are untrusted input.
struct Ring: Equatable {
    /// The size in bytes, at least 1.
    let capacity: Int
    /// The offset at which the ring begins in memory.
    var start = 0

    /// How many bytes may be written; nil if the reader cannot have come from `lastRead` to `read`.
    func room(written: UInt64, read: UInt64, lastRead: UInt64) -> Int? {
        guard read >= lastRead, read <= written, written - read <= UInt64(capacity) else { return nil }
        return capacity - Int(written - read)
    }

    /// How many bytes may be read; nil if the writer cannot have come from `lastWritten` to `written`.
    func filled(written: UInt64, lastWritten: UInt64, read: UInt64) -> Int? {
        guard written >= lastWritten, written >= read, written - read <= UInt64(capacity) else { return nil }
        return Int(written - read)
    }

    /// The position that the reader must reach before `count` bytes can be written, or a quarter of the ring is free.
    func wanted(written: UInt64, count: Int) -> UInt64 {
        let room = max(1, min(count, capacity / 4))
        return written - min(written, UInt64(capacity - room))
    }

    /// The range of up to `count` bytes from a position, ending at the end of the memory at the latest.
    func range(from position: UInt64, count: Int) -> Range<Int> {
        let offset = Int(position % UInt64(capacity))
        return start + offset..<start + offset + min(count, capacity - offset)
    }
}
