internal import CLinux

/// An integer in a segment that several processes change at the same time.
///
/// ```swift
/// let segment = try SegmentClient().attach("telemetry")
/// let ticket = segment.atomic(UInt64.self, at: 0).add(1, ordering: .relaxed).oldValue
/// ```
///
/// Every operation is one atomic instruction, without a system call. The memory orders are those of the module
/// Synchronization, and mean the same between processes as between threads. For other operations, loop over
/// ``compareExchange(expected:desired:ordering:)``.
///
/// `AttachedSegment.atomic(_:at:)` provides it for Int32, UInt32, Int64, UInt64, Int and UInt only: processors change 4 or
/// 8 bytes atomically.
@safe
public struct SegmentAtomic<Value: FixedWidthInteger & BitwiseCopyable>: ~Escapable {
    private let word: UnsafeMutableRawPointer
    private let isWritable: Bool

    /// The word must stay mapped as long as the value that this is borrowed from, and the value must fit there.
    @_lifetime(immortal)
    init(unsafe word: UnsafeMutableRawPointer, isWritable: Bool) {
        unsafe self.word = word
        self.isWritable = isWritable
    }

    /// Whether a value of this type can be changed atomically at an offset, in bytes, of memory that begins with a page.
    static func fits(at offset: Int, in size: Int) -> Bool {
        let width = MemoryLayout<Value>.size
        return (width == 4 || width == 8)
            && offset >= 0 && size >= width && offset <= size - width && offset.isMultiple(of: width)
    }

    private enum Width { case bits32, bits64 }

    private static var width: Width { MemoryLayout<Value>.size == 4 ? .bits32 : .bits64 }

    /// Returns the value.
    public func load(ordering: SegmentAtomicLoadOrdering) -> Value {
        Self.width == .bits32
            ? unsafe Value(truncatingIfNeeded: clinux_load_32(word, ordering.order))
            : unsafe Value(truncatingIfNeeded: clinux_load_64(word, ordering.order))
    }

    /// Sets the value.
    public func store(_ desired: Value, ordering: SegmentAtomicStoreOrdering) {
        requireWritable()
        switch Self.width {
        case .bits32: unsafe clinux_store_32(word, UInt32(truncatingIfNeeded: desired), ordering.order)
        case .bits64: unsafe clinux_store_64(word, UInt64(truncatingIfNeeded: desired), ordering.order)
        }
    }

    /// Sets the value; returns the old one.
    public func exchange(_ desired: Value, ordering: SegmentAtomicUpdateOrdering) -> Value {
        requireWritable()
        let order = ordering.order
        return Self.width == .bits32
            ? unsafe Value(
                truncatingIfNeeded: clinux_exchange_32(word, UInt32(truncatingIfNeeded: desired), order)
            )
            : unsafe Value(
                truncatingIfNeeded: clinux_exchange_64(word, UInt64(truncatingIfNeeded: desired), order)
            )
    }

    /// Sets the value if it is the expected one; returns whether it was, and the old value.
    public func compareExchange(
        expected: Value,
        desired: Value,
        ordering: SegmentAtomicUpdateOrdering
    ) -> (exchanged: Bool, original: Value) {
        requireWritable()
        let original: Value
        switch Self.width {
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

    /// Adds to the value, wrapping on overflow like `wrappingAdd` of the module Synchronization.
    @discardableResult
    public func add(
        _ operand: Value,
        ordering: SegmentAtomicUpdateOrdering
    ) -> (oldValue: Value, newValue: Value) {
        requireWritable()
        let order = ordering.order
        let old =
            Self.width == .bits32
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

/// How a load is ordered relative to other memory accesses.
///
/// ```swift
/// let value = segment.atomic(UInt64.self, at: 0).load(ordering: .acquiring)
/// print(value)
/// ```
public enum SegmentAtomicLoadOrdering: Sendable {
    /// Atomic, but orders no other access.
    case relaxed
    /// Later memory accesses of this thread are not moved before it.
    case acquiring
    /// In one total order of all such operations.
    case sequentiallyConsistent
}

/// How a store is ordered relative to other memory accesses.
///
/// ```swift
/// segment.atomic(UInt64.self, at: 0).store(1, ordering: .releasing)
/// ```
public enum SegmentAtomicStoreOrdering: Sendable {
    /// Atomic, but orders no other access.
    case relaxed
    /// Earlier memory accesses of this thread are not moved after it.
    case releasing
    /// In one total order of all such operations.
    case sequentiallyConsistent
}

/// How an operation that loads and stores is ordered relative to other memory accesses.
///
/// ```swift
/// let old = segment.atomic(UInt64.self, at: 0).exchange(1, ordering: .acquiringAndReleasing)
/// print(old)
/// ```
public enum SegmentAtomicUpdateOrdering: Sendable {
    /// Atomic, but orders no other access.
    case relaxed
    /// Later memory accesses of this thread are not moved before it.
    case acquiring
    /// Earlier memory accesses of this thread are not moved after it.
    case releasing
    /// Acquiring and releasing.
    case acquiringAndReleasing
    /// In one total order of all such operations.
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
