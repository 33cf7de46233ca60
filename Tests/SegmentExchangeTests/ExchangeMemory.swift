import Glibc
@testable import SegmentExchange

/// Memory like a segment's: aligned, zeroed, and shared.
final class ExchangeMemory: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        bytes = .allocate(byteCount: count, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }

    var shared: SharedBytes { SharedBytes(bytes) }

    /// Returns whether a side of a stream sleeps, or is about to.
    func waiting(_ role: StreamRole) -> UInt32 {
        bytes.load(fromByteOffset: role.offset + 256, as: UInt32.self)
    }

    func text(_ offset: Int, _ count: Int) -> String {
        String(decoding: bytes[offset..<offset + count], as: UTF8.self)
    }
}
