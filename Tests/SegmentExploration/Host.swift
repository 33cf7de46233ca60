import SegmentBroker
import SystemPackage
import SystemVSharedMemory

/// The part of one kernel and one disk that concerns one name.
package struct Host: Hashable {
    package var segments: [Segment] = []
    package var record: SegmentLifecycle.Record?

    package struct Segment: Hashable {
        package var identity: SegmentLifecycle.Identity
        package var permissions: SegmentLifecycle.Permissions
        package var isMarked = false
        package var clients = 0
        /// The broker has it attached.
        package var isPinned = false
        /// Created by a broker, or adopted by one that has recorded it.
        package var isOurs: Bool
        package var isAdopted = false

        package var identifier: SegmentIdentifier { identity.identifier }
        var key: SegmentKey { isMarked ? .private : identity.traits.key }
        var attachments: Int { clients + (isPinned ? 1 : 0) }
        var isOwnerOnly: Bool {
            permissions.mode.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
        }

        var observation: SegmentLifecycle.Observation {
            let status = SegmentStatus(
                key: key,
                ownerUserID: permissions.userID,
                ownerGroupID: permissions.groupID,
                creatorUserID: identity.traits.creatorUserID,
                creatorGroupID: identity.traits.creatorUserID,
                mode: permissions.mode,
                isMarkedForRemoval: isMarked,
                size: identity.traits.size,
                attachmentCount: UInt64(attachments),
                creatorProcessID: identity.traits.creatorProcessID ?? 0,
                lastAttach: 0,
                lastDetach: 0,
                lastChange: 0
            )
            return SegmentLifecycle.Observation(identifier, status)
        }
    }

    func index(_ identifier: SegmentIdentifier) -> Int? {
        segments.firstIndex { $0.identifier == identifier }
    }

    func holder(of key: SegmentKey) -> Int? { segments.firstIndex { $0.key == key } }

    mutating func create(
        _ traits: SegmentLifecycle.Traits,
        _ identifier: SegmentIdentifier,
        isOurs: Bool
    ) {
        let permissions = SegmentLifecycle.Permissions(
            userID: traits.creatorUserID,
            groupID: traits.creatorUserID,
            mode: [.ownerReadWrite]
        )
        let identity = SegmentLifecycle.Identity(identifier: identifier, traits: traits)
        segments.append(Segment(identity: identity, permissions: permissions, isOurs: isOurs))
        segments.sort { $0.identifier.rawValue < $1.identifier.rawValue }
    }

    mutating func mark(_ index: Int) {
        segments[index].isMarked = true
        sweep()
    }

    /// Destroys marked segments that have no attachments left.
    mutating func sweep() {
        segments.removeAll { $0.isMarked && $0.attachments == 0 }
    }

    /// The broker's process has ended.
    mutating func unpin() {
        for index in segments.indices { segments[index].isPinned = false }
        sweep()
    }
}
