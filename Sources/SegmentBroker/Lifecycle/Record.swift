extension SegmentLifecycle {
    /// What is stored on disk for a name, because the kernel cannot tell it to the next process.
    package struct Record: Hashable, Sendable {
        package var segment: RecordedSegment?
        /// The segment that `segment` is about to replace, until the replacement is complete.
        package var replacing: Identity?
        package var request: Request?
        package var formerMemory: [FormerMemory]
        /// The group last granted the group bits, in case the name service forgets it.
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

        /// Whether the record contains this identifier.
        func names(_ identity: Identity) -> Bool { segment == .created(identity) || replacing == identity }

        /// Whether a start after a crash would find this segment.
        package func leads(to identity: Identity) -> Bool {
            segment == .planned(identity.traits) || names(identity)
        }
    }

    /// A segment named by a record.
    package enum RecordedSegment: Hashable, Sendable {
        /// Written before shmget(2), so the segment may or may not exist.
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

    /// A declared group with the number it resolved to.
    package struct RecordedGroup: Hashable, Sendable {
        /// As declared; nil if no group is declared.
        package var name: String?
        package var number: UInt32

        package init(name: String?, number: UInt32) {
            self.name = name
            self.number = number
        }
    }
}
