package import SegmentModel
package import SystemVSharedMemory

/// What the next daemon must know about a name and cannot learn from the kernel: its segment and any pending
/// request.
///
/// Written before shmget(2) without an identifier and completed afterwards. Where record and kernel disagree,
/// the kernel is right.
package struct SegmentRecord: Hashable, Sendable {
    package var name: SegmentName
    /// Nil if the record holds only former memory or a request.
    package var segment: Segment?
    /// The segment that `segment` is about to replace.
    package var replacing: Identity?
    /// An administrator's request that is still pending.
    package var request: Request?
    /// Oldest first.
    package var formerMemory: [FormerMemory]
    /// The group last granted the group bits.
    package var group: Group?

    package init(
        _ name: SegmentName,
        segment: Segment? = nil,
        replacing: Identity? = nil,
        request: Request? = nil,
        formerMemory: [FormerMemory] = [],
        group: Group? = nil
    ) {
        self.name = name
        self.segment = segment
        self.replacing = replacing
        self.request = request
        self.formerMemory = formerMemory
        self.group = group
    }

    /// Creates a record with a segment and nothing else.
    package init(
        name: SegmentName,
        key: SegmentKey,
        size: UInt64,
        creatorUserID: UInt32,
        identifier: SegmentIdentifier? = nil,
        created: Int64? = nil
    ) {
        let traits = Traits(key: key, size: size, creatorUserID: creatorUserID)
        self.init(name, segment: Segment(traits: traits, identifier: identifier, created: created))
    }

    package var key: SegmentKey? { segment?.traits.key }

    /// Nil from before shmget(2) until after it.
    package var identifier: SegmentIdentifier? { segment?.identifier }
}

extension SegmentRecord {
    /// The arguments of shmget(2) and its caller.
    package struct Traits: Hashable, Sendable {
        package var key: SegmentKey
        /// In bytes.
        package var size: UInt64
        /// `shm_perm.cuid`.
        package var creatorUserID: UInt32
        /// `shm_cpid`; nil in records of versions that did not write it.
        package var creatorProcessID: Int32?

        package init(
            key: SegmentKey,
            size: UInt64,
            creatorUserID: UInt32,
            creatorProcessID: Int32? = nil
        ) {
            self.key = key
            self.size = size
            self.creatorUserID = creatorUserID
            self.creatorProcessID = creatorProcessID
        }
    }

    /// The identity of a segment in the kernel; it includes the traits, since the kernel reuses identifiers.
    package struct Identity: Hashable, Sendable {
        package var identifier: SegmentIdentifier
        package var traits: Traits

        package init(identifier: SegmentIdentifier, traits: Traits) {
            self.identifier = identifier
            self.traits = traits
        }
    }

    /// The segment that has the name.
    package struct Segment: Hashable, Sendable {
        package var traits: Traits
        /// Nil from before shmget(2) until after it.
        package var identifier: SegmentIdentifier?
        /// CLOCK_REALTIME, in µs; nil for a segment that was found, not created.
        package var created: Int64?

        package init(traits: Traits, identifier: SegmentIdentifier? = nil, created: Int64? = nil) {
            self.traits = traits
            self.identifier = identifier
            self.created = created
        }
    }

    /// An administrator's request.
    package struct Request: Hashable, Sendable {
        package enum Verb: String, Sendable { case remove, renew }

        package var verb: Verb
        /// Whether to act at once instead of waiting until the segment is unused.
        package var isNow: Bool

        package init(_ verb: Verb, isNow: Bool = false) {
            self.verb = verb
            self.isNow = isNow
        }
    }

    /// Memory that used to have the name: marked for removal but still attached.
    package struct FormerMemory: Hashable, Sendable {
        package var identity: Identity
        /// Whether the name stays taken until its last detach.
        package var holdsName: Bool

        package init(_ identity: Identity, holdsName: Bool) {
            self.identity = identity
            self.holdsName = holdsName
        }
    }

    /// A declared group and its number.
    package struct Group: Hashable, Sendable {
        /// The group as declared; nil if none is.
        package var name: String?
        package var number: UInt32

        package init(name: String?, number: UInt32) {
            self.name = name
            self.number = number
        }
    }
}
