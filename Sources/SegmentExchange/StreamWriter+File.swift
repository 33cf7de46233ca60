import POSIX
public import SystemPackage

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
