/// Bytes that say where in a stream they belong.
package enum StreamPattern {
    /// Prime, so that no ring and no piece is a multiple of it.
    private static let period = 251
    private static let table: [UInt8] = (0..<period + largest).map { UInt8($0 % period) }

    /// Of one piece, in bytes.
    package static let largest = 1 << 20

    package static func bytes(at position: UInt64, count: Int) -> ArraySlice<UInt8> {
        let start = Int(position % UInt64(period))
        return table[start..<start + count]
    }

    package static func matches(_ bytes: ArraySlice<UInt8>, at position: UInt64) -> Bool {
        bytes == Self.bytes(at: position, count: bytes.count)
    }
}
