import SegmentRecords
import SystemPackage
package import SegmentModel
package import SystemVSharedMemory

extension Broker {
    package func describe(_ name: String, viewer: Viewer) throws(BrokerError) -> SegmentDescription {
        guard let segment = segments[name] else { throw .noSuchSegment(name: name) }
        refresh(segment)
        guard segments[name] != nil else { throw .noSuchSegment(name: name) }
        return description(segment, viewer: viewer, memory: memory())
    }

    /// Returns the next segment in order of name after `name`, or the first if nil.
    ///
    /// Such a walk shows each segment once, as it is when its turn comes, including changes by other programs
    /// noticed then.
    package func segment(
        after name: SegmentName?,
        viewer: Viewer,
        memory: [SegmentIdentifier: SegmentMemory]
    ) -> SegmentDescription? {
        var last = name
        while let segment = segment(after: last) {
            refresh(segment)
            if segments[segment.name.string] != nil {
                return description(segment, viewer: viewer, memory: memory)
            }
            last = segment.name
        }
        return nil
    }

    /// Whether there is another segment, although it may turn out to be gone.
    package func hasSegment(after name: SegmentName) -> Bool { segment(after: name) != nil }

    private func segment(after name: SegmentName?) -> BrokeredSegment? {
        let index = name.map { name in names.partitioningIndex { $0 > name } }
        return names[(index ?? 0)...].first.flatMap { segments[$0.string] }
    }

    /// Returns the memory of all segments, to be read once for a walk.
    ///
    /// The cost grows with the number of segments on the host, so it is read again only after twenty times as
    /// long as reading took.
    package func memory() -> [SegmentIdentifier: SegmentMemory] {
        let start = clock.monotonic()
        if let memoryRead, start < memoryRead.end { return memoryRead.memory }
        let memory = kernel.memory()
        let time = clock.monotonic()
        memoryRead = (memory, time + (time - start) * 20)
        return memory
    }

    package var blockedCount: Int {
        segments.values.count { $0.state == .blocked }
    }

    /// Segments that cannot be created, opened or repaired, in order of name.
    package var failedNames: [SegmentName] {
        sorted.filter { segment in
            segment.state == .blocked || segment.lifecycle.unopenedProblem != nil
                || segment.lifecycle.problems.contains {
                    [.permissionsDiffer, .groupUnknown].contains($0.kind)
                }
        }
        .map(\.name)
    }

    package var segmentCount: Int { segments.count }

    /// The total size of the segments in the kernel, in bytes; saturates at the largest value.
    package var segmentBytes: UInt64 {
        segments.values.reduce(0) { $0.addingSaturated($1.live?.identity.traits.size ?? 0) }
    }

    /// Returns numbers that take longer to count the more segments there are on the host.
    ///
    /// They are counted again after twenty times as long as counting took, or once the broker has changed a
    /// segment.
    package func totals() -> Totals {
        let start = clock.monotonic()
        if let totalsRead, start < totalsRead.end { return totalsRead.totals }
        let limits = kernelLimits()
        let totals = Totals(
            limits: limits,
            blocked: blockedCount,
            bytes: segmentBytes,
            hostWarnings: hostWarnings(limits)
        )
        let time = clock.monotonic()
        totalsRead = (totals, time + min((time - start) * 20, .seconds(1)))
        return totals
    }

    package func kernelLimits() -> KernelLimits? { try? kernel.limits() }

    /// Returns problems of the host and warnings about the configuration.
    package func warnings(_ totals: Totals) -> [SegmentProblem] {
        let warnings = configuration.warnings.map {
            SegmentProblem(
                .configuration,
                message: "\($0.file): \($0.key.map { "\($0): " } ?? "")\($0.message)",
                remedy: $0.remedy
            )
        }
        return warnings + totals.hostWarnings
    }

    /// Describes a segment; without a viewer, no leases are shown, since events go to all subscribers.
    func description(
        _ segment: BrokeredSegment,
        viewer: Viewer?,
        memory: [SegmentIdentifier: SegmentMemory] = [:]
    ) -> SegmentDescription {
        let definition = segment.definition
        var description = SegmentDescription(
            name: segment.name,
            state: SegmentState(segment.state),
            size: definition?.size ?? ByteCount(bytes: 0),
            mode: definition?.mode ?? [],
            group: definition?.group ?? identity.groupName,
            keep: definition?.keep.policy ?? .untilReboot
        )
        description.summary = definition?.summary
        description.configurationFile = definition?.file
        description.problems = segment.lifecycle.problems
        description.hints = segment.lifecycle.hints + [ownerChange(segment)].compactMap(\.self)
        description.formerMemory = segment.lifecycle.formerMemory.map(FormerMemory.init)
        describeKey(segment, &description)
        if let live = segment.live {
            description.key = live.identity.traits.key
            description.identifier = live.identity.identifier
            description.size = ByteCount(bytes: live.identity.traits.size)
            description.memory = memory[live.identity.identifier]
            description.createdMicroseconds = segment.created
            if let status = status(of: segment) {
                description.apply(status, group: groupName(status.ownerGroupID, definition))
                // Attach and detach times up to the broker's own attach may be those of this broker or the
                // last.
                if status.lastAttach <= segment.ownAttach { description.lastAttachMicroseconds = nil }
                if status.lastDetach <= segment.ownAttach { description.lastDetachMicroseconds = nil }
                if status.lastProcessID == identity.processID { description.lastProcessID = nil }
                description.attachmentCount = live.shownAttachments
            }
        } else if segment.state == .removing, let former = segment.lifecycle.formerMemory.last {
            description.identifier = former.identity.identifier
            description.size = ByteCount(bytes: former.identity.traits.size)
            description.memory = memory[former.identity.identifier]
            if let status = status(former.identity.identifier) {
                description.apply(status, group: groupName(status.ownerGroupID, definition))
                description.attachmentCount = Int(clamping: status.attachmentCount)
            }
        }
        if let viewer {
            (description.leases, description.leaseCount) = leases(of: segment, shownTo: viewer)
        }
        return description
    }

    /// Returns the hint about a changed owner, shown for ten minutes, since a temporary owner may have let
    /// others attach.
    private func ownerChange(_ segment: BrokeredSegment) -> SegmentProblem? {
        guard let change = segment.ownerChange, clock.monotonic() < change.end else { return nil }
        return change.problem
    }

    /// Returns up to a hundred leases that the viewer may see, and their total number.
    ///
    /// Many users may each hold thousands of leases on a segment that everyone may attach; examining all
    /// would make other clients wait too long.
    func leases(of segment: BrokeredSegment, shownTo viewer: Viewer) -> (shown: [Lease], count: Int) {
        guard !segment.leases.isEmpty else { return ([], 0) }
        // The overflow user stands for any other user.
        let foreign = LeaseAudience(userID: OverflowUser.number, rule: accessRule(of: segment))
        let seesForeign = foreign.includes(viewer)
        let visible = segment.leases.lazy.prefix(seesForeign ? Lease.mostShown : Self.mostLookedAt).filter {
            seesForeign || OverflowUser.isSame($0.value.userID, viewer.client.userID)
        }
        let shown = visible.prefix(Lease.mostShown).sorted { $0.key < $1.key }
        return (
            shown.map { $0.value.described($0.key) },
            seesForeign ? segment.leases.count : shown.count
        )
    }

    private static let mostLookedAt = 1000

    /// Returns who may see a user's lease on a segment, with a single query to the kernel.
    package func audience(ofLeaseOf userID: UInt32, on name: SegmentName) -> LeaseAudience {
        LeaseAudience(userID: userID, rule: segments[name.string].flatMap(accessRule))
    }

    /// Returns nil if the segment is not in the kernel.
    private func accessRule(of segment: BrokeredSegment) -> AccessRule? {
        segment.live.flatMap { status($0.identity.identifier) }.map { AccessRule($0) }
    }

    private func describeKey(_ segment: BrokeredSegment, _ description: inout SegmentDescription) {
        switch segment.definition?.key {
        case .ownFile:
            description.keyPath = segment.definition?.file
            description.keyProjectID =
                (segment.live?.identity.traits.key ?? segment.lifecycle.declaration?.placedKey)?.projectID
                ?? KeyDeclaration.defaultProject
        case .path(let path, let project):
            description.keyPath = path
            description.keyProjectID = project
        case .value, nil: break
        }
    }

    /// Returns the group's name if known without a lookup, otherwise its number.
    private func groupName(_ number: UInt32, _ definition: SegmentDefinition?) -> String {
        if let group = definition?.group, groups[group] == .found(number) { return group }
        return number == identity.groupID ? identity.groupName : String(number)
    }
}

/// Totals over all segments.
package struct Totals {
    /// Nil if the kernel does not say.
    package var limits: KernelLimits?
    /// The number of blocked segments.
    package var blocked: Int
    /// The total size of the broker's segments in the kernel, in bytes.
    package var bytes: UInt64
    fileprivate var hostWarnings: [SegmentProblem]
}

extension SegmentState {
    fileprivate init(_ state: SegmentLifecycle.State) {
        self.init(rawValue: state.rawValue)
    }
}

extension SegmentDescription {
    fileprivate mutating func apply(_ status: SegmentStatus, group: String) {
        mode = status.mode
        self.group = group
        lastAttachMicroseconds = status.lastAttachMicroseconds
        lastDetachMicroseconds = status.lastDetachMicroseconds
        creatorUserID = status.creatorUserID
        creatorProcessID = status.creatorProcessID
        lastProcessID = status.lastProcessID == 0 ? nil : status.lastProcessID
    }
}

extension FormerMemory {
    fileprivate init(_ former: SegmentLifecycle.FormerMemory) {
        self.init(
            identifier: former.identity.identifier,
            attachmentCount: Int(clamping: former.attachments ?? 0),
            size: ByteCount(bytes: former.identity.traits.size)
        )
    }
}

extension Array {
    /// Returns the first index whose element satisfies the condition; the array must be sorted so that all
    /// after it do.
    func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
