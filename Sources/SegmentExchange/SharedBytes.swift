import SegmentClient
import Synchronization

/// Memory that other processes change meanwhile; it is valid as long as somebody else keeps it attached.
///
/// Offsets are the layouts' own constants and positions that a rule has judged; anything else traps.
@safe
package struct SharedBytes: @unchecked Sendable {
    private let start: UnsafeMutableRawPointer
    /// In bytes.
    let count: Int

    /// Memory aligned for the layouts: to 128 bytes.
    package init(_ bytes: UnsafeMutableRawBufferPointer) {
        // Only an empty buffer has no address, and it is too small for every layout.
        unsafe start = bytes.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 128).unsafelyUnwrapped
        count = bytes.count
    }

    func word(at offset: Int) -> SharedWord {
        precondition(offset >= 0 && offset <= count - 8 && offset.isMultiple(of: 8))
        return unsafe SharedWord((start + offset).assumingMemoryBound(to: Atomic<UInt64>.self))
    }

    func waitingWord(at offset: Int) -> WaitingWord {
        precondition(offset >= 0 && offset <= count - 4 && offset.isMultiple(of: 4))
        return unsafe WaitingWord((start + offset).assumingMemoryBound(to: Atomic<UInt32>.self))
    }

    /// The bytes of a range, for copies and for system calls.
    func unsafeBytes(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe UnsafeMutableRawBufferPointer(start: start + range.lowerBound, count: range.count)
    }
}

/// Eight bytes of shared memory that are read and written as one, in native byte order.
@safe
struct SharedWord: @unchecked Sendable {
    private let address: UnsafeMutablePointer<Atomic<UInt64>>

    fileprivate init(_ address: UnsafeMutablePointer<Atomic<UInt64>>) {
        unsafe self.address = unsafe address
    }

    /// Everything that its writer wrote before is seen after.
    func load() -> UInt64 { unsafe address.pointee.load(ordering: .acquiring) }

    /// Everything written before is seen by who loads this.
    func store(_ value: UInt64) { unsafe address.pointee.store(value, ordering: .releasing) }

    /// Alone, without order: for the words of a value.
    func loadRelaxed() -> UInt64 { unsafe address.pointee.load(ordering: .relaxed) }

    /// Alone, without order: for the words of a value.
    func storeRelaxed(_ value: UInt64) { unsafe address.pointee.store(value, ordering: .relaxed) }

    /// Returns what the word held; it holds `new` if that was `old`.
    func replace(_ old: UInt64, by new: UInt64) -> UInt64 {
        unsafe address.pointee.compareExchange(
            expected: old,
            desired: new,
            ordering: .sequentiallyConsistent
        ).original
    }
}
