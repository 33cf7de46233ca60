/// The layout of a stream in memory; the article <doc:StreamFormat> describes it for other languages.
enum StreamLayout {
    /// `SEGSTRM` and the version, 1: eight bytes in memory order.
    static let magic = Magic("SEGSTRM", version: 1)
    /// The size of the header, in bytes; the ring follows it up to the end of the segment.
    static let headerSize = 4096
    /// The smallest size of a segment, in bytes.
    static let minimumSize = 2 * headerSize

    static func ring(in memory: SharedBytes) -> Ring {
        Ring(capacity: memory.count - headerSize, start: headerSize)
    }

    /// The most bytes of one system call: the other side works on them while the next arrive.
    static let chunk = 256 << 10
}

/// One end of a stream.
enum StreamRole {
    case writer, reader

    var offset: Int {
        switch self {
        case .writer: 1024
        case .reader: 2048
        }
    }

    var other: StreamRole {
        switch self {
        case .writer: .reader
        case .reader: .writer
        }
    }
}

/// The words of one side; only that side writes them, except `seat` and `waiting`.
///
/// Words that change often lie 128 bytes apart, since processors fetch cache lines of 64 bytes in pairs.
struct StreamPlace: Sendable {
    /// The process that has this side.
    let seat: Seat
    /// A random number that identifies this opening of the side; 0 until it is open.
    let serial: SharedWord
    /// The serial of the other side's opening that this one is bound to; 0 until bound.
    let partner: SharedWord
    /// The writer's serial, once the writer has written everything, or the reader has read everything.
    let end: SharedWord
    /// Of the writer only: the position at which the reader wakes the writer.
    let wanted: SharedWord
    /// Bytes written or read since the stream began.
    let position: SharedWord
    /// The processor on which this side runs.
    let processor: ProcessorWord
    /// The word on which this side sleeps.
    let waiting: WaitingWord

    init(_ role: StreamRole, in memory: SharedBytes) {
        seat = Seat(claim: memory.word(at: role.offset), life: LifeSign(memory, at: role.offset + 40))
        serial = memory.word(at: role.offset + 8)
        partner = memory.word(at: role.offset + 16)
        end = memory.word(at: role.offset + 24)
        wanted = memory.word(at: role.offset + 32)
        position = memory.word(at: role.offset + 128)
        processor = ProcessorWord(memory.half(at: role.offset + 136))
        waiting = WaitingWord(memory.half(at: role.offset + 256))
    }

    var claim: SharedWord { seat.claim }
}
