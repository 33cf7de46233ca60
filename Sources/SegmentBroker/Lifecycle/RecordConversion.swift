package import SegmentModel
package import SegmentRecords
import SystemVSharedMemory

/// A record as the disk keeps it: with its name, and with the time of creation, which decides nothing.
extension SegmentRecord {
    /// `created` is the segment's, CLOCK_REALTIME in µs.
    package init(_ name: SegmentName, _ record: SegmentLifecycle.Record, created: Int64? = nil) {
        self.init(
            name,
            segment: record.segment.map { Segment($0, created: created) },
            replacing: record.replacing.map(Identity.init),
            request: record.request.map(Request.init),
            formerMemory: record.formerMemory.map {
                FormerMemory(Identity($0.identity), holdsName: $0.holdsName)
            },
            group: record.group.map { Group(name: $0.name, number: $0.number) }
        )
    }
}

extension SegmentLifecycle.Record {
    package init(_ record: SegmentRecord) {
        self.init(
            segment: record.segment.map(SegmentLifecycle.RecordedSegment.init),
            replacing: record.replacing.map(SegmentLifecycle.Identity.init),
            request: record.request.map(SegmentLifecycle.Request.init),
            formerMemory: record.formerMemory.map {
                SegmentLifecycle.FormerMemory(
                    identity: SegmentLifecycle.Identity($0.identity),
                    holdsName: $0.holdsName
                )
            },
            group: record.group.map { SegmentLifecycle.RecordedGroup(name: $0.name, number: $0.number) }
        )
    }
}

// MARK: To the disk

extension SegmentRecord.Traits {
    fileprivate init(_ traits: SegmentLifecycle.Traits) {
        self.init(
            key: traits.key,
            size: traits.size,
            creatorUserID: traits.creatorUserID,
            creatorProcessID: traits.creatorProcessID
        )
    }
}

extension SegmentRecord.Identity {
    fileprivate init(_ identity: SegmentLifecycle.Identity) {
        self.init(identifier: identity.identifier, traits: SegmentRecord.Traits(identity.traits))
    }
}

extension SegmentRecord.Segment {
    fileprivate init(_ segment: SegmentLifecycle.RecordedSegment, created: Int64?) {
        let identifier: SegmentIdentifier? =
            if case .created(let identity) = segment { identity.identifier } else { nil }
        self.init(traits: SegmentRecord.Traits(segment.traits), identifier: identifier, created: created)
    }
}

extension SegmentRecord.Request {
    fileprivate init(_ request: SegmentLifecycle.Request) {
        let verb: Verb =
            switch request.verb {
            case .remove: .remove
            case .renew: .renew
            }
        self.init(verb, isNow: request.isNow)
    }
}

// MARK: From the disk

extension SegmentLifecycle.Traits {
    fileprivate init(_ traits: SegmentRecord.Traits) {
        self.init(
            key: traits.key,
            size: traits.size,
            creatorUserID: traits.creatorUserID,
            creatorProcessID: traits.creatorProcessID
        )
    }
}

extension SegmentLifecycle.Identity {
    fileprivate init(_ identity: SegmentRecord.Identity) {
        self.init(identifier: identity.identifier, traits: SegmentLifecycle.Traits(identity.traits))
    }
}

extension SegmentLifecycle.RecordedSegment {
    fileprivate init(_ segment: SegmentRecord.Segment) {
        let traits = SegmentLifecycle.Traits(segment.traits)
        self =
            if let identifier = segment.identifier {
                .created(SegmentLifecycle.Identity(identifier: identifier, traits: traits))
            } else {
                .planned(traits)
            }
    }
}

extension SegmentLifecycle.Request {
    fileprivate init(_ request: SegmentRecord.Request) {
        let verb: Verb =
            switch request.verb {
            case .remove: .remove
            case .renew: .renew
            }
        self.init(verb, isNow: request.isNow)
    }
}
