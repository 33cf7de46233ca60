import Glibc
import SegmentTestSupport

/// Corrupts memory, reproducibly as far as threads permit.
struct MemoryCorruptor {
    private var random: SeededGenerator
    /// The number of corruptions.
    private(set) var count = 0

    init(_ seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// Overwrites one word or one byte, then pauses briefly.
    mutating func corrupt(_ region: Region) {
        let bytes = region.bytes
        count += 1
        switch random.below(10) {
        case 0:
            // A value with a meaning, somewhere in the header.
            let offset = Self.offsets[random.below(Self.offsets.count)]
            bytes.storeBytes(of: word(bytes), toByteOffset: offset, as: UInt64.self)
        case 1:
            bytes.storeBytes(
                of: UInt8(truncatingIfNeeded: random.next()),
                toByteOffset: random.below(bytes.count),
                as: UInt8.self
            )
        case 2, 3, 4:
            for offset in Self.offsets.dropFirst() {
                bytes.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
            }
        default:
            count -= 1
            usleep(UInt32(random.below(3000)))
        }
    }

    private static let offsets =
        [0, 8, 128, 136, 256, 264, 384]
        + [1024, 2048].flatMap { side in
            [0, 8, 16, 24, 32, 40, 128, 136, 256].map { side + $0 }
        }

    private mutating func word(_ bytes: UnsafeMutableRawBufferPointer) -> UInt64 {
        switch random.below(7) {
        case 0: 0
        case 1: UInt64.max
        case 2: UInt64(random.below(10_000))
        case 3: endedLife(bytes)
        // The value of another word: claims, serials and positions that exist.
        case 4, 5:
            bytes.load(fromByteOffset: Self.offsets[random.below(Self.offsets.count)], as: UInt64.self)
        default: random.next()
        }
    }

    /// Returns the life word of a claimed slot as the kernel leaves it after a death.
    private mutating func endedLife(_ bytes: UnsafeMutableRawBufferPointer) -> UInt64 {
        let claims = [128, 1024, 2048].filter { $0 < bytes.count - 8 }
        let claim = bytes.load(fromByteOffset: claims[random.below(claims.count)], as: UInt64.self)
        return 0x4000_0000 | (claim ^ claim >> 32) << 32
    }
}
