/// Where everything lies in the memory of a latest value; the article <doc:LatestFormat> has it for other languages.
enum LatestLayout {
    /// `SEGLATE` and the version, 1, as eight bytes in the order of memory.
    static let magic = Magic("SEGLATE", version: 1)
    /// Values are written in turn to so many slots: a reader has the time of two publications to copy one.
    static let slots = 4

    static func stride(_ valueSize: Int) -> Int { (valueSize + 127) / 128 * 128 }

    /// In bytes; saturates where no segment can be large enough.
    static func minimumSize(_ valueSize: Int) -> Int {
        let (size, overflow) = stride(valueSize).multipliedReportingOverflow(by: slots)
        return overflow || size > .max - headerSize ? .max : headerSize + size
    }

    static let headerSize = 4096
}

/// A value's words in the memory of a segment.
struct LatestPlace: Sendable {
    let memory: SharedBytes
    /// In bytes.
    let valueSize: Int
    /// The size of the values, in bytes; 0 while there is none.
    let sizeWord: SharedWord
    /// Who publishes.
    let seat: Seat
    /// How many values have been published; the newest is in the slot of this number, modulo the number of slots.
    let sequence: SharedWord
    /// Where the writer runs.
    let processor: ProcessorWord
    /// What readers sleep on.
    let waiting: WaitingWord

    init(_ memory: SharedBytes, valueSize: Int) throws(ExchangeError) {
        let minimum = LatestLayout.minimumSize(valueSize)
        guard memory.count >= minimum else {
            throw .segmentTooSmall(size: memory.count, minimum: minimum)
        }
        self.memory = memory
        self.valueSize = valueSize
        sizeWord = memory.word(at: 8)
        seat = Seat(claim: memory.word(at: 128), life: LifeSign(memory, at: 136))
        sequence = memory.word(at: 256)
        processor = ProcessorWord(memory.half(at: 264))
        waiting = WaitingWord(memory.half(at: 384))
    }

    func slot(_ sequence: UInt64) -> Range<Int> {
        let start =
            LatestLayout.headerSize
            + Int(sequence % UInt64(LatestLayout.slots)) * LatestLayout.stride(valueSize)
        return start..<start + valueSize
    }

    func checkSize(_ found: UInt64) throws(ExchangeError) {
        guard found == 0 || found == UInt64(valueSize) else {
            throw .otherValueSize(found: Int(clamping: found), own: valueSize)
        }
    }
}
