/// The first eight bytes of a segment's memory: what its layout is.
///
/// Memory that nobody has used is zero. Anything else is somebody's, and is left as it is.
struct Magic: Equatable {
    let word: UInt64

    /// Seven letters and the version, in the order of memory.
    init(_ letters: StaticString, version: UInt8) {
        var word: UInt64 = 0
        letters.withUTF8Buffer { letters in
            unsafe withUnsafeMutableBytes(of: &word) { bytes in
                for index in 0..<7 { unsafe bytes[index] = unsafe letters[index] }
                unsafe bytes[7] = version
            }
        }
        self.word = word
    }

    /// Marks memory that is unused.
    ///
    /// Throws `otherContents` if it is used for something else or by another version.
    func put(in memory: SharedBytes) throws(ExchangeError) {
        let found = memory.word(at: 0).replace(0, by: word)
        guard found == 0 || found == word else { throw .otherContents(found: found) }
    }

    /// Whether the memory has been marked already; throws as `put` does.
    func isPut(in memory: SharedBytes) throws(ExchangeError) -> Bool {
        let found = memory.word(at: 0).load()
        guard found == 0 || found == word else { throw .otherContents(found: found) }
        return found == word
    }
}
