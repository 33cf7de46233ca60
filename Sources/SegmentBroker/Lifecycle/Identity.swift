package import SystemVSharedMemory

extension SegmentLifecycle {
    /// Identifies a segment before it has an identifier: the arguments of shmget(2), and its caller.
    package struct Traits: Hashable, Sendable {
        package var key: SegmentKey
        /// In bytes.
        package var size: UInt64
        /// `shm_perm.cuid`.
        package var creatorUserID: UInt32
        /// `shm_cpid`; nil if the record lacks it.
        ///
        /// After a crash between shmget(2) and the completed record, it distinguishes the broker's segment from one that
        /// another program of the same user created under that key.
        package var creatorProcessID: Int32?

        package init(key: SegmentKey, size: UInt64, creatorUserID: UInt32, creatorProcessID: Int32?) {
            self.key = key
            self.size = size
            self.creatorUserID = creatorUserID
            self.creatorProcessID = creatorProcessID
        }

        /// Whether an observed segment has these traits; a marked one has lost its key.
        func fit(_ observation: Observation) -> Bool {
            let status = observation.status
            return size == status.size && creatorUserID == status.creatorUserID
                && (creatorProcessID == nil || creatorProcessID == status.creatorProcessID)
                && (key == status.key || observation.isMarked)
        }
    }

    /// One segment in the kernel, which reuses identifiers: the traits are part of the identity.
    package struct Identity: Hashable, Sendable {
        package var identifier: SegmentIdentifier
        package var traits: Traits

        package init(identifier: SegmentIdentifier, traits: Traits) {
            self.identifier = identifier
            self.traits = traits
        }

        /// Whether the observed segment is this one.
        package func fits(_ observation: Observation) -> Bool {
            identifier == observation.identifier && traits.fit(observation)
        }
    }

    /// What IPC_STAT says of a segment; shmctl(2).
    package struct Observation: Equatable, Sendable {
        package var identifier: SegmentIdentifier
        package var status: SegmentStatus
        /// No process has the creator's number any more; asked of foreign segments only.
        package var creatorIsGone = false

        package init(_ identifier: SegmentIdentifier, _ status: SegmentStatus, creatorIsGone: Bool = false) {
            self.identifier = identifier
            self.status = status
            self.creatorIsGone = creatorIsGone
        }

        package var isMarked: Bool { status.isMarkedForRemoval }

        package var identity: Identity {
            let traits = Traits(
                key: status.key,
                size: status.size,
                creatorUserID: status.creatorUserID,
                creatorProcessID: status.creatorProcessID
            )
            return Identity(identifier: identifier, traits: traits)
        }

        package var permissions: Permissions {
            Permissions(userID: status.ownerUserID, groupID: status.ownerGroupID, mode: status.mode)
        }
    }
}

extension SegmentLifecycle.Observation: Hashable {
    package func hash(into hasher: inout Hasher) {
        hasher.combine(identity)
        hasher.combine(permissions)
    }
}
