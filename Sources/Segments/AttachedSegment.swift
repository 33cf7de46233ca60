public import SegmentModel
import SystemPackage
public import SystemVSharedMemory

/// A segment's memory in this process, with the lease that keeps it.
///
/// ```swift
/// func record(_ client: SegmentClient) throws {
///     var segment = try client.attach("telemetry")
///     segment.withMutableBytes { bytes in
///         bytes.storeBytes(of: 42, toByteOffset: 8, as: UInt8.self)
///     }
///     try segment.detach()
/// }
/// ```
///
/// The value has one owner, and may be handed to another thread. When it ends, the memory is detached and the lease
/// given back, without waiting for the daemon. A daemon that is killed, upgraded or restarted changes nothing of the
/// memory.
///
/// Do not keep one in a global or top-level variable: those are never destroyed, and cannot be detached.
public struct AttachedSegment: ~Copyable, Sendable {
    // They end in this order: a process whose lease has ended must not have the memory attached.
    private var attachment: Attachment
    private let lease: SegmentLease

    init(_ attachment: consuming Attachment, _ lease: SegmentLease) {
        self.attachment = attachment
        self.lease = lease
    }

    /// The segment's name.
    public var name: SegmentName { lease.grant.name }

    /// How the segment is attached.
    public var access: Access { lease.grant.access }

    /// The size in bytes, as the kernel has it.
    public var byteCount: Int { attachment.size }

    /// The key that programs pass to shmget(2).
    public var key: SegmentKey { lease.grant.key }

    /// The identifier that programs pass to shmat(2).
    public var identifier: SegmentIdentifier { attachment.identifier }

    /// Asks the broker whether the name still means this memory.
    ///
    /// It no longer does once the segment has been removed or created again:
    ///
    /// ```swift
    /// if try !segment.isCurrent() { segment = try client.attach(segment.name) }
    /// ```
    ///
    /// After a restart of the daemon this takes the lease again. The memory stays attached in every case.
    ///
    /// - Throws: The broker's reason where it does not grant the lease again, and what every call throws, see
    ///   ``SegmentClient``.
    public func isCurrent() throws(SegmentClientError) -> Bool { try lease.isCurrent() }

    /// Detaches the memory and gives the lease back, like the end of the value's lifetime, but throws if that fails.
    ///
    /// - Throws: `systemCall` with the errno of shmdt(2).
    public consuming func detach() throws(SegmentClientError) {
        let lease = lease
        defer { withExtendedLifetime(lease) {} }
        do throws(Errno) { try attachment.detach() } catch { throw .systemCall("shmdt", error) }
    }

    /// Lends the memory for reading.
    ///
    /// Other processes may write at any time: treat what you read as untrusted input, and use `atomic(_:at:)`
    /// for words that both sides change.
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try attachment.withBytes(body)
    }

    /// Lends the memory for reading and writing.
    ///
    /// Swift's exclusive access holds in this process only, see ``withBytes(_:)``. Memory that is attached read-only
    /// cannot be written: to ask for it is a mistake of the program, which ends it.
    public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(access == .readWrite, "segment \(name) is attached read-only")
        return try attachment.withMutableBytes(body)
    }

    /// An integer in the memory that other processes change, too.
    ///
    /// ```swift
    /// let ticket = segment.atomic(UInt64.self, at: 0).add(1, ordering: .relaxed).oldValue
    /// ```
    ///
    /// An offset that does not fit, and a change of memory that is attached read-only, are mistakes of the program, which
    /// end it: check an offset that comes from others first.
    ///
    /// - Parameters:
    ///   - type: UInt64, Int64, UInt32, Int32, UInt or Int.
    ///   - offset: In bytes: a multiple of the integer's size, within the segment.
    /// - Returns: The integer, for as long as the segment is borrowed.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: UInt64.Type, at offset: Int) -> SegmentAtomic<UInt64> {
        word(at: offset)
    }

    /// An Int64 in the memory that other processes change, too; see `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: Int64.Type, at offset: Int) -> SegmentAtomic<Int64> {
        word(at: offset)
    }

    /// A UInt32 in the memory that other processes change, too; see `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: UInt32.Type, at offset: Int) -> SegmentAtomic<UInt32> {
        word(at: offset)
    }

    /// An Int32 in the memory that other processes change, too; see `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: Int32.Type, at offset: Int) -> SegmentAtomic<Int32> {
        word(at: offset)
    }

    /// A UInt in the memory that other processes change, too; see `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: UInt.Type, at offset: Int) -> SegmentAtomic<UInt> {
        word(at: offset)
    }

    /// An Int in the memory that other processes change, too; see `atomic(_:at:)` of UInt64.
    @_lifetime(borrow self)
    public borrowing func atomic(_ type: Int.Type, at offset: Int) -> SegmentAtomic<Int> {
        word(at: offset)
    }

    // Not public: a type that is not one of these integers would be changed with bytes that are not its own.
    @_lifetime(borrow self)
    private borrowing func word<Value>(at offset: Int) -> SegmentAtomic<Value> {
        guard SegmentAtomic<Value>.fits(at: offset, in: byteCount),
            let memory = unsafe unsafeBytes.baseAddress
        else {
            preconditionFailure(
                "no \(Value.self) lies at offset \(offset) of segment \(name), which has \(byteCount) bytes"
            )
        }
        return unsafe SegmentAtomic(unsafe: memory + offset, isWritable: access == .readWrite)
    }

    /// The mapped bytes, for words that both sides change while both run; valid while this value lives.
    package var unsafeBytes: UnsafeMutableRawBufferPointer { unsafe attachment.unsafeBytes }
}
