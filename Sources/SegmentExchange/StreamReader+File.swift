import POSIX
public import SystemPackage

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
