/// The layout of a latest value in memory; the article <doc:LatestFormat> describes it for other languages.
enum LatestLayout {
    /// `SEGLATE` and the version, 1: eight bytes in memory order.
    static let magic = Magic("SEGLATE", version: 1)
    /// The number of slots, written in turn: a subscriber has the time of two publications to copy a value.
    static let slots = 4

    static func stride(_ valueSize: Int) -> Int { (valueSize + 127) / 128 * 128 }

    /// The smallest size of a segment, in bytes; saturates if no segment can be large enough.
    static func minimumSize(_ valueSize: Int) -> Int {
        let (size, overflow) = stride(valueSize).multipliedReportingOverflow(by: slots)
        return overflow || size > .max - headerSize ? .max : headerSize + size
    }

    static let headerSize = 4096
}

/// The words of a latest value in the memory of a segment.
struct LatestPlace: Sendable {
    let memory: SharedBytes
    /// The size of a value, in bytes.
    let valueSize: Int
    /// The word with the size of the values, in bytes; 0 until the first publisher.
    let sizeWord: SharedWord
    /// The publisher.
    let seat: Seat
    /// The number of published values; the newest is in the slot of this number modulo the number of slots.
    let sequence: SharedWord
    /// The processor on which the publisher runs.
    let processor: ProcessorWord
    /// The word on which subscribers sleep.
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
            throw .valueSizeMismatch(found: Int(clamping: found), own: valueSize)
        }
    }
}
