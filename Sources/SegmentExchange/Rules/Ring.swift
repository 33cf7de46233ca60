/// Where bytes lie in a ring, and whether what the other side says of its position can be true.
///
/// Positions count the bytes since the stream began. The peer's are input from a stranger.
struct Ring: Equatable {
    /// In bytes, at least 1.
    let capacity: Int
    /// Where it begins in the memory.
    var start = 0

    /// How many bytes may be written; nil if the reader cannot be at `read`, having been at `lastRead`.
    func room(written: UInt64, read: UInt64, lastRead: UInt64) -> Int? {
        guard read >= lastRead, read <= written, written - read <= UInt64(capacity) else { return nil }
        return capacity - Int(written - read)
    }

    /// How many bytes may be read; nil if the writer cannot be at `written`, having been at `lastWritten`.
    func filled(written: UInt64, lastWritten: UInt64, read: UInt64) -> Int? {
        guard written >= lastWritten, written >= read, written - read <= UInt64(capacity) else { return nil }
        return Int(written - read)
    }

    /// Where the reader has to be so that so many bytes can be written, or a quarter of the ring is free.
    func wanted(written: UInt64, count: Int) -> UInt64 {
        let room = max(1, min(count, capacity / 4))
        return written - min(written, UInt64(capacity - room))
    }

    /// The bytes from a position on, up to `count` of them and to the end of the memory.
    func range(from position: UInt64, count: Int) -> Range<Int> {
        let offset = Int(position % UInt64(capacity))
        return start + offset..<start + offset + min(count, capacity - offset)
    }
}
