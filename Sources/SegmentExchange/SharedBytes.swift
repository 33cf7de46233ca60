import Segments
import Synchronization
package import SystemVSharedMemory

/// Memory that other processes change at any time; valid as long as its owner keeps it attached.
///
/// Offsets are constants of the layouts and positions that a rule has checked; any other offset traps.
@safe
package struct SharedBytes: @unchecked Sendable {
    private let start: UnsafeMutableRawPointer
    /// The size in bytes.
    let count: Int
    private let segment: SegmentIdentifier?

    /// Memory that is aligned to 128 bytes, as the layouts need, and the segment it belongs to.
    package init(_ bytes: UnsafeMutableRawBufferPointer, of segment: SegmentIdentifier? = nil) {
        self.segment = segment
        // Only an empty buffer has no address, and that is too small for every layout.
        unsafe start = bytes.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 128).unsafelyUnwrapped
        count = bytes.count
    }

    func word(at offset: Int) -> SharedWord {
        precondition(offset >= 0 && offset <= count - 8 && offset.isMultiple(of: 8))
        return unsafe SharedWord((start + offset).assumingMemoryBound(to: Atomic<UInt64>.self))
    }

    func half(at offset: Int) -> SharedHalf {
        precondition(offset >= 0 && offset <= count - 4 && offset.isMultiple(of: 4))
        return unsafe SharedHalf((start + offset).assumingMemoryBound(to: Atomic<UInt32>.self))
    }

    /// Whether the segment is marked for removal, so that no other process can find it; shmctl(2).
    ///
    /// False also if this process may not ask, or has changed its IPC namespace since.
    var isRemoved: Bool {
        guard let segment, let status = try? LinuxKernel().status(segment) else { return false }
        return status.isMarkedForRemoval && status.size == UInt64(count)
    }

    /// Copies bytes in word by word, so that a concurrent copy out gets whole words.
    func copyIn(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let words = unsafe words(at: offset, count: bytes.count)
        for index in 0..<bytes.count / 8 {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
            unsafe words[index].store(word, ordering: .relaxed)
        }
        let rest = bytes.count % 8
        guard rest > 0 else { return }
        var word: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &word) {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.suffix(rest)))
        }
        unsafe words[bytes.count / 8].store(word, ordering: .relaxed)
    }

    /// Copies bytes out that `copyIn` has copied in; a concurrent `copyIn` may mix the words of two copies.
    func copyOut(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
        let words = unsafe words(at: offset, count: bytes.count)
        for index in 0..<bytes.count / 8 {
            let word = unsafe words[index].load(ordering: .relaxed)
            unsafe bytes.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
        }
        let rest = bytes.count % 8
        guard rest > 0 else { return }
        let word = unsafe words[bytes.count / 8].load(ordering: .relaxed)
        unsafe withUnsafeBytes(of: word) {
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes.suffix(rest))
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<rest]))
        }
    }

    /// The words that hold this many bytes.
    private func words(at offset: Int, count: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        precondition(offset >= 0 && count <= self.count - 8 && offset <= self.count - (count + 7) / 8 * 8)
        return unsafe (start + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The bytes of a range, for copies and for system calls.
    func unsafeBytes(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe UnsafeMutableRawBufferPointer(start: start + range.lowerBound, count: range.count)
    }
}

/// Eight bytes of shared memory that are read and written atomically, in native byte order.
@safe
struct SharedWord: @unchecked Sendable {
    private let address: UnsafeMutablePointer<Atomic<UInt64>>

    fileprivate init(_ address: UnsafeMutablePointer<Atomic<UInt64>>) {
        unsafe self.address = unsafe address
    }

    /// Loads the word; what its writer wrote before storing it is visible afterwards.
    func load() -> UInt64 { unsafe address.pointee.load(ordering: .acquiring) }

    /// Stores the word; what was written before is visible to a process that loads it.
    func store(_ value: UInt64) { unsafe address.pointee.store(value, ordering: .releasing) }

    /// Loads the word without ordering.
    func loadRelaxed() -> UInt64 { unsafe address.pointee.load(ordering: .relaxed) }

    /// Replaces the word if it holds `old`; returns what it held.
    func replace(_ old: UInt64, by new: UInt64) -> UInt64 {
        unsafe address.pointee.compareExchange(
            expected: old,
            desired: new,
            ordering: .sequentiallyConsistent
        ).original
    }
}

/// Four bytes of shared memory that are read and written atomically.
@safe
struct SharedHalf: @unchecked Sendable {
    private let address: UnsafeMutablePointer<Atomic<UInt32>>

    fileprivate init(_ address: UnsafeMutablePointer<Atomic<UInt32>>) {
        unsafe self.address = unsafe address
    }

    /// The address, for the kernel.
    var unsafeAddress: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(address) }

    /// As `SharedWord.load`.
    func load() -> UInt32 { unsafe address.pointee.load(ordering: .acquiring) }

    /// As `SharedWord.store`.
    func store(_ value: UInt32) { unsafe address.pointee.store(value, ordering: .releasing) }

    /// Stores the word in sequentially consistent order.
    func storeInOrder(_ value: UInt32) {
        unsafe address.pointee.store(value, ordering: .sequentiallyConsistent)
    }

    /// Loads the word without ordering.
    func loadRelaxed() -> UInt32 { unsafe address.pointee.load(ordering: .relaxed) }

    /// Replaces the word if it holds `old`; returns what it held.
    func replace(_ old: UInt32, by new: UInt32) -> UInt32 {
        unsafe address.pointee.compareExchange(
            expected: old,
            desired: new,
            ordering: .sequentiallyConsistent
        ).original
    }
}
