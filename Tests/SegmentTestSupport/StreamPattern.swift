import Glibc

/// Bytes that encode their position in a stream.
package enum StreamPattern {
    /// Prime, so that no ring or piece is a multiple of it.
    private static let period = 251
    /// Built from whole periods, since a process may live for little more than this.
    private static let table: [UInt8] = {
        let once = (0..<period).map { UInt8($0) }
        var table: [UInt8] = []
        table.reserveCapacity(largest + 2 * period)
        while table.count < period + largest { table += once }
        return table
    }()

    /// The largest piece, in bytes.
    package static let largest = 1 << 20

    package static func bytes(at position: UInt64, count: Int) -> ArraySlice<UInt8> {
        let start = Int(position % UInt64(period))
        return table[start..<start + count]
    }

    package static func matches(_ bytes: ArraySlice<UInt8>, at position: UInt64) -> Bool {
        let expected = Self.bytes(at: position, count: bytes.count)
        return bytes.withUnsafeBytes { bytes in
            expected.withUnsafeBytes { expected in
                guard let own = bytes.baseAddress, let other = expected.baseAddress else { return true }
                return memcmp(own, other, bytes.count) == 0
            }
        }
    }
}
