import SegmentInterface
public import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension SegmentClient {
    /// Attaches a segment by name, made first if it is absent; detaches it when the value ends.
    ///
    /// Throws `refused` with the broker's reason (`noSuchSegment`, `accessDenied`, `segmentBlocked`,
    /// `segmentRemoving`, `limitReached`), `otherNamespace`, `identityDiffers`, `failed` with the errno of shmat(2)
    /// or shmctl(2), or what keeps the broker from answering, see `SegmentClient`.
    public func attach(
        _ name: String,
        access: Access = .readWrite
    ) throws(SegmentClientError) -> AttachedSegment {
        // A daemon that is restarted forgets the lease, and one that is made for its users may go before it is attached.
        for _ in 0..<Self.otherTries {
            do throws(SegmentClientError) {
                return try attachOnce(name, access)
            } catch {
                guard error.tellsThatTheSegmentIsGone else { throw error }
            }
        }
        return try attachOnce(name, access)
    }

    private static var otherTries: Int { 3 }

    private func attachOnce(
        _ name: String,
        _ access: Access
    ) throws(SegmentClientError) -> AttachedSegment {
        let lease = try lease(name, access: access)
        let grant = lease.grant
        guard let size = Int(exactly: grant.size.bytes) else {
            throw .failed(call: "shmat", errno: Errno.noMemory.rawValue)
        }
        try check(grant)
        do throws(Errno) {
            let attachment = try Attachment(grant.identifier, size: size, readOnly: access == .readOnly)
            return AttachedSegment(attachment, lease)
        } catch {
            throw .failed(call: "shmat", errno: error.rawValue)
        }
    }

    /// Attaches a segment for the time of `body`; see `attach` for the errors.
    @discardableResult
    public func withSegment<Result: ~Copyable>(
        _ name: String,
        access: Access = .readWrite,
        _ body: (inout AttachedSegment) throws -> Result
    ) throws -> Result {
        var segment = try attach(name, access: access)
        return try body(&segment)
    }

    /// A lease without the memory, for programs that attach by themselves.
    package func lease(_ name: String, access: Access) throws(SegmentClientError) -> SegmentLease {
        let (grant, number) = try withLink { link, deadline throws(SegmentClientError) in
            let grant: Grant = try link.call(
                .acquire,
                AcquireParameters(name: name, access: access),
                deadline
            )
            // What is attached goes by what was asked for, and so must what is said of it.
            guard grant.access == access else {
                throw .protocolViolation("the broker grants \(name) otherwise than it was asked for")
            }
            return (grant, link.hold(grant))
        }
        return SegmentLease(grant, number, of: self)
    }

    /// Before a number is believed: the same IPC namespace, and the very segment that the broker means.
    private func check(_ grant: Grant) throws(SegmentClientError) {
        try Self.requireOwnNamespace(grant.ipcNamespace)
        let status: SegmentStatus
        do throws(Errno) { status = try LinuxKernel().status(grant.identifier) } catch {
            throw .failed(call: "shmctl", errno: error.rawValue)
        }
        // A marked one has lost its key, and is on its way out.
        guard !status.isMarkedForRemoval else {
            throw .failed(call: "shmctl", errno: Errno.identifierRemoved.rawValue)
        }
        guard SegmentIdentity(grant.identifier, status) == SegmentIdentity(grant) else {
            throw .identityDiffers(name: grant.name.string, identifier: grant.identifier)
        }
    }

    /// Throws `otherNamespace` where a broker's IPC namespace is not this process's.
    package static func requireOwnNamespace(_ broker: UInt64) throws(SegmentClientError) {
        let own: UInt64
        do throws(Errno) { own = try LinuxKernel().ipcNamespace() } catch {
            throw .failed(call: "stat", errno: error.rawValue)
        }
        guard own == broker else { throw .otherNamespace(broker: broker, own: own) }
    }

    func isCurrent(_ number: HeldLease.Number) throws(SegmentClientError) -> Bool {
        try withLink { link, deadline throws(SegmentClientError) in
            try link.isCurrent(number, deadline)
        }
    }
}

extension SegmentClientError {
    /// Of a segment that was there when the broker granted it; shmctl(2), shmat(2).
    fileprivate var tellsThatTheSegmentIsGone: Bool {
        guard case .failed(_, let errno) = self else { return false }
        return errno == Errno.invalidArgument.rawValue || errno == Errno.identifierRemoved.rawValue
    }
}
