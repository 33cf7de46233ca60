import SegmentInterface
public import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension SegmentClient {
    /// Attaches a segment, which the broker creates first if it is absent.
    ///
    /// ```swift
    /// let segment = try client.attach("telemetry", access: .readOnly)
    /// let count = segment.atomic(UInt64.self, at: 0).load(ordering: .relaxed)
    /// ```
    ///
    /// The memory stays attached, and the lease lasts, until the returned value ends.
    ///
    /// - Parameters:
    ///   - name: The segment's name.
    ///   - access: Whether the memory may be written. Memory that is attached read-only cannot be written by mistake.
    /// - Returns: The segment's memory, with its lease.
    /// - Throws: `noSuchSegment`, `accessDenied`, `segmentBlocked`, `segmentBeingRemoved` or `limitReached` where the
    ///   broker refuses; `ipcNamespaceMismatch`, `segmentMismatch`; `systemCall` with the errno of shmat(2) or
    ///   shmctl(2); and what every call throws, see ``SegmentClient``.
    public func attach(
        _ name: SegmentName,
        access: Access = .readWrite
    ) throws(SegmentClientError) -> AttachedSegment {
        // A daemon that restarts forgets the lease, and a segment that is made for its users may go before it is attached.
        for _ in 0..<Self.attachRetries {
            do throws(SegmentClientError) {
                return try attachOnce(name, access)
            } catch {
                guard error.saysThatTheSegmentIsGone else { throw error }
            }
        }
        return try attachOnce(name, access)
    }

    private static var attachRetries: Int { 3 }

    private func attachOnce(
        _ name: SegmentName,
        _ access: Access
    ) throws(SegmentClientError) -> AttachedSegment {
        let lease = try lease(name, access: access)
        let grant = lease.grant
        guard let size = Int(exactly: grant.size.bytes) else { throw .systemCall("shmat", .noMemory) }
        try check(grant)
        do throws(Errno) {
            let attachment = try Attachment(grant.identifier, size: size, readOnly: access != .readWrite)
            return AttachedSegment(attachment, lease)
        } catch {
            throw .systemCall("shmat", error)
        }
    }

    /// Attaches a segment while a closure runs, and detaches it at the end.
    ///
    /// ```swift
    /// try client.withSegment("telemetry") { segment in
    ///     segment.atomic(UInt64.self, at: 0).add(1, ordering: .relaxed)
    /// }
    /// ```
    ///
    /// - Throws: What ``attach(_:access:)`` throws, and what the closure throws.
    @discardableResult
    public func withSegment<Result: ~Copyable>(
        _ name: SegmentName,
        access: Access = .readWrite,
        _ body: (inout AttachedSegment) throws -> Result
    ) throws -> Result {
        var segment = try attach(name, access: access)
        return try body(&segment)
    }

    /// Attaches a segment while a closure runs that throws nothing else than the client's own errors.
    ///
    /// - Throws: What ``attach(_:access:)`` throws, and what the closure throws.
    @discardableResult
    public func withSegment<Result: ~Copyable>(
        _ name: SegmentName,
        access: Access = .readWrite,
        _ body: (inout AttachedSegment) throws(SegmentClientError) -> Result
    ) throws(SegmentClientError) -> Result {
        var segment = try attach(name, access: access)
        return try body(&segment)
    }

    /// Takes a lease without the memory, for programs that attach the segment themselves.
    package func lease(_ name: SegmentName, access: Access) throws(SegmentClientError) -> SegmentLease {
        let (grant, number) = try withLink { link, deadline throws(SegmentClientError) in
            let grant: Grant = try link.call(
                .acquire,
                AcquireParameters(name: name.string, access: access),
                deadline
            )
            // The memory is attached as asked for, and so must be what is said of it.
            guard grant.access == access else {
                throw .protocolViolation("the broker granted \(name) with another access than requested")
            }
            return (grant, link.hold(grant))
        }
        return SegmentLease(grant, number, of: self)
    }

    /// Makes sure that a granted identifier means the same here as for the broker.
    ///
    /// It does in the same IPC namespace, and if the kernel shows the segment that the broker described.
    private func check(_ grant: Grant) throws(SegmentClientError) {
        try Self.requireOwnNamespace(grant.ipcNamespace)
        let status: SegmentStatus
        do throws(Errno) { status = try LinuxKernel().status(grant.identifier) } catch {
            throw .systemCall("shmctl", error)
        }
        // A segment that is marked for removal has lost its key.
        guard !status.isMarkedForRemoval else { throw .systemCall("shmctl", .identifierRemoved) }
        guard SegmentIdentity(grant.identifier, status) == SegmentIdentity(grant) else {
            throw SegmentClientError(reason: .segmentMismatch(name: grant.name, grant.identifier))
        }
    }

    /// Throws `ipcNamespaceMismatch` unless the broker's IPC namespace is this process's.
    package static func requireOwnNamespace(_ broker: UInt64) throws(SegmentClientError) {
        let own: UInt64
        do throws(Errno) { own = try LinuxKernel().ipcNamespace() } catch {
            throw .systemCall("stat", error)
        }
        guard own == broker else {
            throw SegmentClientError(reason: .ipcNamespaceMismatch(broker: broker, own: own))
        }
    }

    func isCurrent(_ number: HeldLease.Number) throws(SegmentClientError) -> Bool {
        try withLink { link, deadline throws(SegmentClientError) in
            try link.isCurrent(number, deadline)
        }
    }
}

extension SegmentClientError {
    /// Whether a segment that the broker granted no longer exists; shmctl(2), shmat(2).
    fileprivate var saysThatTheSegmentIsGone: Bool {
        guard case .systemCall(_, let errno) = reason else { return false }
        return errno == .invalidArgument || errno == .identifierRemoved
    }
}
