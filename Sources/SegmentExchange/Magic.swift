/// The first eight bytes of a segment's memory, which name its layout.
///
/// Unused memory is zero. Memory with any other value is in use, and is left as it is.
struct Magic: Equatable {
    let word: UInt64

    /// Seven letters and the version, in memory order.
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

    /// Marks unused memory with this layout.
    ///
    /// Throws `unrecognizedLayout` if it is in use for something else or for another version.
    func put(in memory: SharedBytes) throws(ExchangeError) {
        let found = memory.word(at: 0).replace(0, by: word)
        guard found == 0 || found == word else { throw .unrecognizedLayout(found: found) }
    }

    /// Whether the memory has this layout already; throws what `put` throws.
    func isPut(in memory: SharedBytes) throws(ExchangeError) -> Bool {
        let found = memory.word(at: 0).load()
        guard found == 0 || found == word else { throw .unrecognizedLayout(found: found) }
        return found == word
    }
}
