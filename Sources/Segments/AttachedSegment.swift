public import SegmentModel
public import SystemVSharedMemory

/// A segment's memory in this process, with the lease that keeps it.
///
/// It has one owner, and may be handed to another thread. When it ends, the memory is detached and the lease given
/// back, without waiting for the daemon. A daemon that is killed, upgraded or restarted changes nothing of it.
///
/// Do not keep one in a global or top-level variable: those are never destroyed.
public struct AttachedSegment: ~Copyable, Sendable {
    // In this order they end: nobody may find the lease gone and the memory attached.
    private var attachment: Attachment
    private let lease: SegmentLease

    init(_ attachment: consuming Attachment, _ lease: SegmentLease) {
        self.attachment = attachment
        self.lease = lease
    }

    /// The segment's name.
    public var name: SegmentName { lease.grant.name }

    /// How it is attached.
    public var access: Access { lease.grant.access }

    /// In bytes, as the kernel has it.
    public var size: Int { attachment.size }

    /// What programs give to shmget(2).
    public var key: SegmentKey { lease.grant.key }

    /// What programs give to shmat(2).
    public var identifier: SegmentIdentifier { attachment.identifier }

    /// Whether the name still means this memory.
    ///
    /// False once the segment has been removed or made again. After a restart of the daemon this takes the lease
    /// again, and throws `refused` if the broker does not grant it, and what keeps the broker from answering, see
    /// `SegmentClient`; the memory stays attached in every case.
    public var isCurrent: Bool {
        get throws(SegmentClientError) { try lease.isCurrent() }
    }

    /// Lends the memory for reading.
    ///
    /// Other processes write at will, meanwhile too: what is read is input from a stranger, and words that both
    /// sides change need atomics.
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try attachment.withBytes(body)
    }

    /// Lends the memory for reading and writing.
    ///
    /// The exclusivity is this process's only, see `withBytes`. To be called only with `readWrite` access: memory
    /// attached read-only cannot be written, and asking for it is a mistake of the program.
    public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(access == .readWrite, "segment \(name) is attached read-only")
        return try attachment.withMutableBytes(body)
    }

    /// An integer in the memory that other processes change, too, at an offset in bytes.
    ///
    /// The offset must be a multiple of the integer's size and lie within the segment, and what changes the value must
    /// be called with `readWrite` access only: anything else is a mistake of the program. One that comes from others
    /// is to be checked before.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: UInt64.Type, at offset: Int) -> SegmentAtomic<UInt64> {
        word(at: offset)
    }

    /// As `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: Int64.Type, at offset: Int) -> SegmentAtomic<Int64> {
        word(at: offset)
    }

    /// As `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: UInt32.Type, at offset: Int) -> SegmentAtomic<UInt32> {
        word(at: offset)
    }

    /// As `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: Int32.Type, at offset: Int) -> SegmentAtomic<Int32> {
        word(at: offset)
    }

    /// As `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: UInt.Type, at offset: Int) -> SegmentAtomic<UInt> {
        word(at: offset)
    }

    /// As `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: Int.Type, at offset: Int) -> SegmentAtomic<Int> {
        word(at: offset)
    }

    // Not public: what is no such integer would be changed with bytes that are not its own.
    @_lifetime(borrow self)
    private borrowing func word<Value>(at offset: Int) -> SegmentAtomic<Value> {
        guard SegmentAtomic<Value>.fits(at: offset, in: size), let memory = unsafe unsafeBytes.baseAddress
        else {
            preconditionFailure(
                "no \(Value.self) lies at offset \(offset) of segment \(name), which has \(size) bytes"
            )
        }
        return unsafe SegmentAtomic(unsafe: memory + offset, isWritable: access == .readWrite)
    }

    /// The mapped bytes, for words that both sides change while both run; valid while this value lives.
    package var unsafeBytes: UnsafeMutableRawBufferPointer { unsafe attachment.unsafeBytes }
}
