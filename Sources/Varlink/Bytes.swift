import Glibc

extension [UInt8] {
    /// Appends many bytes at once; one by one they cost many times as much.
    mutating func append(_ new: Span<UInt8>) {
        unsafe new.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    mutating func append(_ text: StaticString) {
        unsafe append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }

    /// Where the first zero byte stands at or after `start`; memchr(3).
    func firstZero(from start: Int) -> Int? {
        unsafe withUnsafeBytes { bytes in
            let rest = unsafe bytes[start...]
            guard let first = unsafe UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                let zero = unsafe memchr(first, 0, rest.count)
            else { return nil }
            return start + (unsafe UnsafeRawPointer(zero) - first)
        }
    }
}
