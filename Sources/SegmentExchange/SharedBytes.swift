import Segments
import Synchronization
package import SystemVSharedMemory

/// Memory that other processes change meanwhile; it is valid as long as somebody else keeps it attached.
///
/// Offsets are the layouts' own constants and positions that a rule has judged; anything else traps.
@safe
package struct SharedBytes: @unchecked Sendable {
    private let start: UnsafeMutableRawPointer
    /// In bytes.
    let count: Int
    private let segment: SegmentIdentifier?

    /// Memory aligned for the layouts, to 128 bytes, and of which segment it is.
    package init(_ bytes: UnsafeMutableRawBufferPointer, of segment: SegmentIdentifier? = nil) {
        self.segment = segment
        // Only an empty buffer has no address, and it is too small for every layout.
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

    /// Whether the segment has been marked for removal, so that nobody else can find it; shmctl(2).
    ///
    /// Whoever may not ask is not told, nor who has changed the IPC namespace since.
    var isRemoved: Bool {
        guard let segment, let status = try? LinuxKernel().status(segment) else { return false }
        return status.isMarkedForRemoval && status.size == UInt64(count)
    }

    /// Copies bytes in word by word, so that whoever copies them out meanwhile has whole words.
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

    /// Copies out what `copyIn` has copied in, or the words of several such copies.
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

    /// The words that so many bytes lie in.
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

    /// Alone, without order.
    func loadRelaxed() -> UInt64 { unsafe address.pointee.load(ordering: .relaxed) }

    /// Returns what the word held; it holds `new` if that was `old`.
    func replace(_ old: UInt64, by new: UInt64) -> UInt64 {
        unsafe address.pointee.compareExchange(
            expected: old,
            desired: new,
            ordering: .sequentiallyConsistent
        ).original
    }
}

/// Four bytes of shared memory, likewise.
@safe
struct SharedHalf: @unchecked Sendable {
    private let address: UnsafeMutablePointer<Atomic<UInt32>>

    fileprivate init(_ address: UnsafeMutablePointer<Atomic<UInt32>>) {
        unsafe self.address = unsafe address
    }

    /// For the kernel.
    var unsafeAddress: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(address) }

    /// As of a `SharedWord`.
    func load() -> UInt32 { unsafe address.pointee.load(ordering: .acquiring) }

    /// As of a `SharedWord`.
    func store(_ value: UInt32) { unsafe address.pointee.store(value, ordering: .releasing) }

    /// Sequentially consistent.
    func storeInOrder(_ value: UInt32) {
        unsafe address.pointee.store(value, ordering: .sequentiallyConsistent)
    }

    /// Alone, without order.
    func loadRelaxed() -> UInt32 { unsafe address.pointee.load(ordering: .relaxed) }

    /// Returns what the word held; it holds `new` if that was `old`.
    func replace(_ old: UInt32, by new: UInt32) -> UInt32 {
        unsafe address.pointee.compareExchange(
            expected: old,
            desired: new,
            ordering: .sequentiallyConsistent
        ).original
    }
}
