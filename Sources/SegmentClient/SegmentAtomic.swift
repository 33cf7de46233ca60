internal import CLinux

/// An integer in a segment that several processes change while all of them run; `AttachedSegment.atomic(_:at:)`.
///
/// Every operation is one atomic instruction, without a system call. The memory orders are those of the module
/// Synchronization, and mean the same between processes as between threads.
@safe
public struct SegmentAtomic<Value: SegmentAtomicInteger>: ~Escapable {
    private let word: UnsafeMutableRawPointer
    private let isWritable: Bool

    /// The word must stay mapped as long as what this is copied from.
    @_lifetime(immortal)
    init(unsafe word: UnsafeMutableRawPointer, isWritable: Bool) {
        unsafe self.word = word
        self.isWritable = isWritable
    }

    /// Whether a value of this type lies at an offset of memory that begins with a page, in bytes.
    static func fits(at offset: Int, in size: Int) -> Bool {
        let width = MemoryLayout<Value>.size
        return offset >= 0 && size >= width && offset <= size - width && offset.isMultiple(of: width)
    }

    /// The value now.
    public func load(ordering: SegmentAtomicLoadOrdering) -> Value {
        Value.width == .bits32
            ? unsafe Value(truncatingIfNeeded: clinux_load_32(word, ordering.order))
            : unsafe Value(truncatingIfNeeded: clinux_load_64(word, ordering.order))
    }

    /// Sets the value.
    public func store(_ desired: Value, ordering: SegmentAtomicStoreOrdering) {
        requireWritable()
        switch Value.width {
        case .bits32: unsafe clinux_store_32(word, UInt32(truncatingIfNeeded: desired), ordering.order)
        case .bits64: unsafe clinux_store_64(word, UInt64(truncatingIfNeeded: desired), ordering.order)
        }
    }

    /// Sets the value; returns what was there.
    public func exchange(_ desired: Value, ordering: SegmentAtomicUpdateOrdering) -> Value {
        requireWritable()
        let order = ordering.order
        return Value.width == .bits32
            ? unsafe Value(
                truncatingIfNeeded: clinux_exchange_32(word, UInt32(truncatingIfNeeded: desired), order)
            )
            : unsafe Value(
                truncatingIfNeeded: clinux_exchange_64(word, UInt64(truncatingIfNeeded: desired), order)
            )
    }

    /// Sets the value if it is the expected one; returns whether it was, and what was there.
    @discardableResult
    public func compareExchange(
        expected: Value,
        desired: Value,
        ordering: SegmentAtomicUpdateOrdering
    ) -> (exchanged: Bool, original: Value) {
        requireWritable()
        let original: Value
        switch Value.width {
        case .bits32:
            let (old, new) = (UInt32(truncatingIfNeeded: expected), UInt32(truncatingIfNeeded: desired))
            original = unsafe Value(
                truncatingIfNeeded: clinux_compare_exchange_32(word, old, new, ordering.order)
            )
        case .bits64:
            let (old, new) = (UInt64(truncatingIfNeeded: expected), UInt64(truncatingIfNeeded: desired))
            original = unsafe Value(
                truncatingIfNeeded: clinux_compare_exchange_64(word, old, new, ordering.order)
            )
        }
        return (original == expected, original)
    }

    /// Adds, and begins again at the other end of the range where that is left.
    @discardableResult
    public func add(
        _ operand: Value,
        ordering: SegmentAtomicUpdateOrdering
    ) -> (oldValue: Value, newValue: Value) {
        requireWritable()
        let order = ordering.order
        let old =
            Value.width == .bits32
            ? unsafe Value(
                truncatingIfNeeded: clinux_add_32(word, UInt32(truncatingIfNeeded: operand), order)
            )
            : unsafe Value(
                truncatingIfNeeded: clinux_add_64(word, UInt64(truncatingIfNeeded: operand), order)
            )
        return (old, old &+ operand)
    }

    private func requireWritable() { precondition(isWritable, "the segment is attached read-only") }
}

/// An integer that every process can change atomically: Int32, UInt32, Int64, UInt64, Int and UInt.
public protocol SegmentAtomicInteger: FixedWidthInteger, BitwiseCopyable {}

extension Int32: SegmentAtomicInteger {}
extension UInt32: SegmentAtomicInteger {}
extension Int64: SegmentAtomicInteger {}
extension UInt64: SegmentAtomicInteger {}
extension Int: SegmentAtomicInteger {}
extension UInt: SegmentAtomicInteger {}

private enum Width { case bits32, bits64 }

extension SegmentAtomicInteger {
    fileprivate static var width: Width { bitWidth == 32 ? .bits32 : .bits64 }
}

/// How a load is ordered with other accesses to memory.
public enum SegmentAtomicLoadOrdering: Sendable {
    /// Not at all.
    case relaxed
    /// What comes later in this process comes after it.
    case acquiring
    /// In one order of all such operations.
    case sequentiallyConsistent
}

/// How a store is ordered with other accesses to memory.
public enum SegmentAtomicStoreOrdering: Sendable {
    /// Not at all.
    case relaxed
    /// What comes earlier in this process comes before it.
    case releasing
    /// In one order of all such operations.
    case sequentiallyConsistent
}

/// How a load with a store is ordered with other accesses to memory.
public enum SegmentAtomicUpdateOrdering: Sendable {
    /// Not at all.
    case relaxed
    /// What comes later in this process comes after it.
    case acquiring
    /// What comes earlier in this process comes before it.
    case releasing
    /// Both.
    case acquiringAndReleasing
    /// In one order of all such operations.
    case sequentiallyConsistent
}

extension SegmentAtomicLoadOrdering {
    fileprivate var order: Int32 {
        switch self {
        case .relaxed: Int32(CLINUX_RELAXED.rawValue)
        case .acquiring: Int32(CLINUX_ACQUIRE.rawValue)
        case .sequentiallyConsistent: Int32(CLINUX_SEQUENTIAL.rawValue)
        }
    }
}

extension SegmentAtomicStoreOrdering {
    fileprivate var order: Int32 {
        switch self {
        case .relaxed: Int32(CLINUX_RELAXED.rawValue)
        case .releasing: Int32(CLINUX_RELEASE.rawValue)
        case .sequentiallyConsistent: Int32(CLINUX_SEQUENTIAL.rawValue)
        }
    }
}

extension SegmentAtomicUpdateOrdering {
    fileprivate var order: Int32 {
        switch self {
        case .relaxed: Int32(CLINUX_RELAXED.rawValue)
        case .acquiring: Int32(CLINUX_ACQUIRE.rawValue)
        case .releasing: Int32(CLINUX_RELEASE.rawValue)
        case .acquiringAndReleasing: Int32(CLINUX_ACQUIRE_RELEASE.rawValue)
        case .sequentiallyConsistent: Int32(CLINUX_SEQUENTIAL.rawValue)
        }
    }
}
