extension SegmentLifecycle {
    /// What is on disk for a name: what a start cannot learn from the kernel.
    package struct Record: Hashable, Sendable {
        package var segment: RecordedSegment?
        /// What `segment` is about to replace, until the replacement is known to have happened.
        package var replacing: Identity?
        package var request: Request?
        package var formerMemory: [FormerMemory]
        /// The group that was last granted the group bits, for when the name service no longer knows it.
        package var group: RecordedGroup?

        package init(
            segment: RecordedSegment? = nil,
            replacing: Identity? = nil,
            request: Request? = nil,
            formerMemory: [FormerMemory] = [],
            group: RecordedGroup? = nil
        ) {
            self.segment = segment
            self.replacing = replacing
            self.request = request
            self.formerMemory = formerMemory
            self.group = group
        }

        /// Whether it has the segment's identifier.
        func names(_ identity: Identity) -> Bool { segment == .created(identity) || replacing == identity }

        /// Whether a start after a crash finds this segment.
        package func leads(to identity: Identity) -> Bool {
            segment == .planned(identity.traits) || names(identity)
        }
    }

    /// A segment as a record names it.
    package enum RecordedSegment: Hashable, Sendable {
        /// Written before shmget(2): a crash may have come before or after it.
        case planned(Traits)
        case created(Identity)

        package var traits: Traits {
            switch self {
            case .planned(let traits): traits
            case .created(let identity): identity.traits
            }
        }

        /// Whether the kernel shows this very segment; one without identifier is found by its key, which a marked one
        /// has lost.
        func fits(_ observation: Observation) -> Bool {
            switch self {
            case .planned(let traits): traits.fit(observation) && !observation.isMarked
            case .created(let identity): identity.fits(observation)
            }
        }
    }

    /// A declared group and the number that it had.
    package struct RecordedGroup: Hashable, Sendable {
        /// As the declaration has it; nil: none declared.
        package var name: String?
        package var number: UInt32

        package init(name: String?, number: UInt32) {
            self.name = name
            self.number = number
        }
    }
}
