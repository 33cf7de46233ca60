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

    /// The next segment in order of name after `name`, the first after nil.
    ///
    /// A walk of this kind sees each segment as it is when its turn comes, and none twice; what others have done to it
    /// is noticed then.
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

    /// Whether there is another, which may yet turn out to be gone.
    package func hasSegment(after name: SegmentName) -> Bool { segment(after: name) != nil }

    private func segment(after name: SegmentName?) -> BrokeredSegment? {
        let index = name.map { name in names.partitioningIndex { $0 > name } }
        return names[(index ?? 0)...].first.flatMap { segments[$0.string] }
    }

    /// What the kernel says of all segments' memory, to be read once for a walk.
    ///
    /// It takes the longer the more segments anybody has made, so it is asked again only after twenty times as long.
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

    /// What cannot be made, opened or repaired, in order of name.
    package var blockedNames: [SegmentName] {
        sorted.filter { segment in
            segment.state == .blocked || segment.lifecycle.shutProblem != nil
                || segment.lifecycle.problems.contains {
                    [.permissionsDiffer, .groupUnknown].contains($0.kind)
                }
        }
        .map(\.name)
    }

    package var segmentCount: Int { segments.count }

    /// Of the segments in the kernel, in bytes, as far as 64 bits hold it.
    package var segmentBytes: UInt64 {
        segments.values.reduce(0) { $0.addingSaturated($1.live?.identity.traits.size ?? 0) }
    }

    /// What takes the longer to count the more segments there are, whoever made them.
    ///
    /// It is counted again only after twenty times as long, or when the broker has changed a segment.
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

    /// The inode of the IPC namespace in which the segments are.
    package var namespace: UInt64 { ipcNamespace }

    /// What is wrong with the host or doubtful in the configuration.
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

    /// A viewer of nil sees no leases: events go to all subscribers.
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
                description.take(status, group: groupName(status.ownerGroupID, definition))
                // The broker's own attachment counts for the kernel, and so did that of the last broker.
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
                description.take(status, group: groupName(status.ownerGroupID, definition))
                description.attachmentCount = Int(clamping: status.attachmentCount)
            }
        }
        if let viewer {
            (description.leases, description.leaseCount) = leases(of: segment, shownTo: viewer)
        }
        return description
    }

    /// Told for ten minutes: whoever owns a segment for a moment may have let others in for longer.
    private func ownerChange(_ segment: BrokeredSegment) -> SegmentProblem? {
        guard let change = segment.ownerChange, clock.monotonic() < change.end else { return nil }
        return change.problem
    }

    /// A hundred at most, and how many there are.
    ///
    /// Many users may take thousands each of what everybody may attach: all of them would take longer than others may
    /// wait.
    func leases(of segment: BrokeredSegment, shownTo viewer: Viewer) -> (shown: [Lease], count: Int) {
        guard !segment.leases.isEmpty else { return ([], 0) }
        // Of somebody who is nobody's own.
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

    /// Who may see that a user holds a lease on a segment; asks the kernel once for all of them.
    package func audience(ofLeaseOf userID: UInt32, on name: SegmentName) -> LeaseAudience {
        LeaseAudience(userID: userID, rule: segments[name.string].flatMap(accessRule))
    }

    /// Nil where the segment is not in the kernel.
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

    /// Known without asking anybody, or the number.
    private func groupName(_ number: UInt32, _ definition: SegmentDefinition?) -> String {
        if let group = definition?.group, groups[group] == .found(number) { return group }
        return number == identity.groupID ? identity.groupName : String(number)
    }
}

/// Numbers about all segments.
package struct Totals {
    /// Nil where the kernel does not say.
    package var limits: KernelLimits?
    /// How many declared segments are blocked.
    package var blocked: Int
    /// Of the broker's segments in the kernel, in bytes.
    package var bytes: UInt64
    fileprivate var hostWarnings: [SegmentProblem]
}

extension SegmentState {
    fileprivate init(_ state: SegmentLifecycle.State) {
        self.init(rawValue: state.rawValue)
    }
}

extension SegmentDescription {
    fileprivate mutating func take(_ status: SegmentStatus, group: String) {
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
    /// The first index whose element and all after it belong; the array is sorted so.
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
