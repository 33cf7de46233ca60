/// Where everything lies in the memory of a stream; the article <doc:StreamFormat> has it for other languages.
enum StreamLayout {
    /// `SEGSTRM` and the version, 1, as eight bytes in the order of memory.
    static let magic = Magic("SEGSTRM", version: 1)
    /// The ring begins here and goes to the end of the segment.
    static let headerSize = 4096
    /// In bytes.
    static let minimumSize = 2 * headerSize

    static func ring(in memory: SharedBytes) -> Ring {
        Ring(capacity: memory.count - headerSize, start: headerSize)
    }

    /// At most so many bytes go through the kernel at once: the other side works on them while the next come.
    static let chunk = 256 << 10
}

/// Which end of a stream.
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
/// What changes often lies 128 bytes apart: processors fetch lines of 64 bytes in pairs.
struct StreamPlace: Sendable {
    /// Who has this side.
    let seat: Seat
    /// Names this opening of the side, by a random number; 0 while it has not been opened.
    let serial: SharedWord
    /// The serial of the other side's opening that this one is bound to; 0 before.
    let partner: SharedWord
    /// The writer's serial, once the writer has written everything or the reader has read everything.
    let end: SharedWord
    /// The writer's alone: where the reader has to be before it wakes the writer.
    let wanted: SharedWord
    /// Bytes written or read since the stream began.
    let position: SharedWord
    /// Where this side runs.
    let processor: ProcessorWord
    /// What this side sleeps on.
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
