import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// What is wanted: whether there is a segment, with which traits and permissions, and what its record says.
extension SegmentLifecycle {
    /// Whether a segment is made where there is none.
    var mayCreate: Bool { isWanted && !isHeld && formerMemory.count < Self.formerMemoryLimit }

    private var isWanted: Bool {
        guard let declaration, phase == .running else { return false }
        if request?.verb == .renew { return true }
        return !isDismissed && (!declaration.isWhileUsed || isDemanded)
    }

    /// Whether former memory, which an administrator removed while it was attached, has the name until it is gone.
    var isHeld: Bool { request?.verb != .renew && formerMemory.contains(where: \.holdsName) }

    /// Of a segment made now; nil while key or group are not known.
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

    /// One that leaves is shut to all others while no client has it attached: one that slips in makes the count
    /// non-zero, which gives everybody their permissions back.
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
        /// As the name service says now, or said when the record was written.
        case number(UInt32)
        /// Another group than before is declared, and there is no such group.
        case nobody
        /// No number is known.
        case unchanged
    }

    /// A name service that is down cuts nobody off: only the declaration of another group that certainly does not
    /// exist takes the group bits away.
    func group(_ declaration: Declaration) -> WantedGroup {
        if case .found(let number) = declaration.group { return .number(number) }
        guard let recorded = stored?.group else { return .unchanged }
        let isAnother = recorded.name != declaration.definition.group
        return isAnother && declaration.group == .unknown ? .nobody : .number(recorded.number)
    }

    /// Whether a segment may be made for it: neither another group's number is good enough, nor that of a segment which
    /// an administrator removed.
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

    /// Nil where there is nothing to remember.
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
