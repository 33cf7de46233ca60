import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// The wanted segment: whether it should exist, its traits, its permissions and its record.
extension SegmentLifecycle {
    /// Whether a missing segment is to be created.
    var mayCreate: Bool { isWanted && !isHeld && formerMemory.count < Self.formerMemoryLimit }

    private var isWanted: Bool {
        guard let declaration, phase != .stopping else { return false }
        if request?.verb == .renew { return true }
        return !isDismissed && (!declaration.isWhileUsed || isDemanded)
    }

    /// Whether memory removed by an administrator keeps the name until its last detach.
    var isHeld: Bool { request?.verb != .renew && formerMemory.contains(where: \.holdsName) }

    /// The traits of a segment created now; nil while its key or group is unknown.
    var declaredTraits: Traits? {
        guard let declaration, let key = declaration.placedKey, isGroupKnown(declaration) else { return nil }
        return Traits(
            key: key,
            size: declaration.definition.size.bytes,
            creatorUserID: credentials.userID,
            creatorProcessID: credentials.processID
        )
    }

    // MARK: Permissions

    /// As declared, except for a segment about to leave, which is restricted to its owner.
    ///
    /// If a client attached just before that, the count is no longer zero, and the permissions are restored.
    func wantedPermissions(of live: Live, isLeaving: Bool) -> Permissions {
        if isLeaving, live.clientAttachments == 0 { return credentials.ownerOnly }
        let before = live.permissionsBefore ?? live.permissions
        guard let declaration else { return before }
        let mode = declaration.definition.mode
        return switch group(declaration) {
        case .number(let group): Permissions(userID: credentials.userID, groupID: group, mode: mode)
        case .unchanged: Permissions(userID: credentials.userID, groupID: before.groupID, mode: mode)
        case .nobody:
            Permissions(
                userID: credentials.userID,
                groupID: credentials.groupID,
                mode: mode.subtracting(.groupReadWriteExecute)
            )
        }
    }

    enum WantedGroup: Equatable {
        /// Resolved now, or taken from the record.
        case number(UInt32)
        /// A different group is declared, and it does not exist.
        case nobody
        /// No number is known.
        case unchanged
    }

    /// A name service that is down must not cut off clients: the group bits are revoked only if a different group is
    /// declared that definitely does not exist.
    func group(_ declaration: Declaration) -> WantedGroup {
        if case .found(let number) = declaration.group { return .number(number) }
        guard let recorded = stored?.group else { return .unchanged }
        let isAnother = recorded.name != declaration.definition.group
        return isAnother && declaration.group == .unknown ? .nobody : .number(recorded.number)
    }

    /// Whether a segment may be created for the declared group.
    ///
    /// The recorded number of a different group does not count, nor does that of a segment removed by an administrator.
    private func isGroupKnown(_ declaration: Declaration) -> Bool {
        if case .found = declaration.group { return true }
        guard let stored, let recorded = stored.group, stored.request?.verb != .remove else { return false }
        return recorded.name == declaration.definition.group
    }

    // MARK: The record

    func record(of segment: RecordedSegment, replacing: Identity? = nil) -> Record {
        Record(
            segment: segment,
            replacing: replacing,
            request: request,
            formerMemory: recordedFormerMemory,
            group: recordedGroup
        )
    }

    /// Nil if there is nothing to remember.
    var recordWithoutMemory: Record? {
        let record = Record(request: request, formerMemory: recordedFormerMemory)
        return record == Record() ? nil : record
    }

    private var recordedGroup: RecordedGroup? {
        guard let declaration, case .found(let number) = declaration.group else { return stored?.group }
        return RecordedGroup(name: declaration.definition.group, number: number)
    }

    private var recordedFormerMemory: [FormerMemory] {
        formerMemory.map { FormerMemory(identity: $0.identity, holdsName: $0.holdsName) }
    }
}
