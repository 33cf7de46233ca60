import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Actions behind the broker's back.
extension SimulatedHost {
    /// Lets other processes act between two calls of the broker.
    func interleave(_ call: OutsideCall) {
        if case .create(let key) = call, !isQuiescing, random.once(in: 30) {
            oracle.isInterleaved = true
            squat(on: key)
        }
        guard !isQuiescing, random.once(in: 300), command != nil else { return }
        let client = random.pick(clients)
        oracle.isInterleaved = true
        switch random.below(5) {
        case 0: interfere()
        case 1: detach(client)
        case 2: squat()
        default: if !client.isPrivileged { attach(client) }
        }
        disturb()
    }

    /// Another user takes a key, or an identifier.
    func squat(on wanted: SegmentKey? = nil) {
        kernel.acting(as: random.once(in: 2) ? Self.squatter : Self.secondSquatter) {
            if random.once(in: 6) { kernel.nextIdentifier = someOldIdentifier() }
            let key = wanted ?? (random.once(in: 3) ? .private : someKey() ?? .private)
            let identifier = try? kernel.get(
                key,
                size: random.pick([1, 4096, 1 << 30]),
                flags: [.create, .exclusive],
                mode: FilePermissions(rawValue: random.pick([0o600, 0o666]))
            )
            kernel.nextIdentifier = nil
            guard let identifier else { return }
            oracle.made.remove(identifier)
            if random.once(in: 3) { exaggerate(identifier) }
            trace.record("a squatter makes \(identifier) under \(key)")
        }
        disturb()
    }

    /// Returns the identifier of a segment that a broker created and that no longer exists.
    private func someOldIdentifier() -> SegmentIdentifier? {
        let old = oracle.made.filter { kernel.segments[$0] == nil }
        return old.max { $0.rawValue < $1.rawValue }
    }

    private static let squatter = Client(
        processID: 300,
        userID: 1666,
        groupID: 1666,
        supplementaryGroupIDs: []
    )
    private static let secondSquatter = Client(
        processID: 301,
        userID: 1667,
        groupID: 500,
        supplementaryGroupIDs: []
    )

    /// Removes a foreign segment as its creator.
    func unsquat() {
        let foreign = kernel.segments.keys.filter { !oracle.made.contains($0) }
        guard let identifier = foreign.min(by: { $0.rawValue < $1.rawValue }) else { return }
        trace.record("foreign \(identifier) is removed")
        kernel.say(of: identifier) { $0.attachmentCount = 0 }
        kernel.acting(as: Client.root) { try? kernel.remove(identifier) }
    }

    /// Removes, or changes mode or owner of, a segment of the broker as root.
    func interfere() {
        let ours = kernel.segments.keys.filter(oracle.made.contains).sorted { $0.rawValue < $1.rawValue }
        guard !ours.isEmpty else { return }
        let identifier = random.pick(ours)
        oracle.isInterferedWith = true
        disturb()
        if random.once(in: 4) { return distort(identifier) }
        kernel.acting(as: Client.root) {
            if random.once(in: 2) {
                trace.record("root removes \(identifier)")
                try? kernel.remove(identifier)
            } else {
                let mode = FilePermissions(rawValue: random.pick([0o600, 0o666, 0o000, 0o660]))
                let owner = random.pick([BrokerFixture.userID, 0, 1001])
                trace.record("root gives \(identifier) to \(owner), mode \(mode.octal)")
                try? kernel.setOwner(
                    identifier,
                    userID: owner,
                    groupID: random.pick([500, 700]),
                    mode: mode
                )
            }
        }
    }

    /// Changes kernel settings, replaces files, or renumbers groups.
    func changeHost() {
        disturb()
        switch random.below(5) {
        case 4:
            kernel.saidLimits = random.once(in: 2) ? nil : extremeLimits()
            trace.record("limits are \(kernel.saidLimits.map { "\($0)" } ?? "as before")")
        case 0:
            kernel.capacity = random.pick([2, 4, 8, 12, 12, 12])
            trace.record("shmni is \(kernel.capacity)")
        case 1:
            let own = Declarations.names.map { SegmentDefinition.test($0).file }
            let file = random.pick(own + Declarations.keyFiles)
            kernel.files[file] = random.once(in: 6) ? nil : UInt32(0x300 + random.below(4))
            trace.record("\(file) has inode \(kernel.files[file].map { "\($0)" } ?? "none")")
        case 2:
            groups.lookups["telemetry"] = random.pick([.found(500), .found(500), .found(501), .unknown])
            groups.lookups["ghosts"] = random.pick([.found(502), .unknown, .failed(5)])
            trace.record("groups are \(groups.lookups.sorted { $0.key < $1.key })")
        default:
            kernel.destroysUnattached.toggle()
            trace.record("shm_rmid_forced is \(kernel.destroysUnattached)")
        }
    }

    /// Makes the records' disk full, read-only, or usable again.
    func changeDisk() {
        disk.writeFailure = random.pick([nil, nil, .noSpace, .ioError])
        disk.removalFailure = random.pick([nil, nil, .readOnlyFileSystem])
        trace.record("disk: write \(disk.writeFailure as Errno?), removal \(disk.removalFailure as Errno?)")
        disturb()
    }

    /// Loses records or makes them unreadable.
    func damageRecords() {
        guard daemon == nil, let name = disk.records.keys.sorted().first(where: { _ in random.once(in: 2) })
        else { return }
        if let identifier = disk.records[name]?.identifier { oracle.excused.insert(identifier) }
        let key = disk.records[name]?.key
        for (identifier, status) in kernel.segments where status.key == key {
            oracle.excused.insert(identifier)
        }
        switch random.below(5) {
        case 0: disk.records[name] = nil
        case 1: disk.damage(name)
        case 2: disk.damage(name, .unknownFormat("2"))
        case 3: disk.records[name]?.segment?.identifier = nil
        default:
            disk.records[name]?.segment?.identifier = kernel.segments.keys.max { $0.rawValue < $1.rawValue }
        }
        trace.record("the record of \(name) is \(disk.records[name].map { "\($0)" } ?? "lost")")
    }
}

/// Extreme numbers from the kernel.
extension SimulatedHost {
    private static let times = [Int64.min, -1, 1, 1 << 62, .max]
    private static let counts = [0, 1, 1 << 63 - 65537, 1 << 63, .max] as [UInt64]

    /// Changes the reported status of a foreign segment to anything.
    func exaggerate(_ identifier: SegmentIdentifier) {
        kernel.say(of: identifier) { status in
            status.size = random.pick(Self.counts)
            status.attachmentCount = random.pick(Self.counts)
            status.creatorProcessID = random.pick([.min, -1, .max])
            distortTimes(&status)
        }
    }

    /// Changes the reported status of a segment of the broker: the clock was set, or there are impossibly
    /// many mappings.
    func distort(_ identifier: SegmentIdentifier) {
        kernel.say(of: identifier) { status in
            if random.once(in: 2) {
                distortTimes(&status)
            } else {
                // Below the maximum, so that small changes of the number are visible.
                status.attachmentCount = random.pick([1 << 63 - 1000, 1 << 63, .max - 1000])
            }
        }
        trace.record(
            "of \(identifier) the kernel says \(kernel.segments[identifier].map { "\($0)" } ?? "nothing")"
        )
    }

    private func distortTimes(_ status: inout SegmentStatus) {
        status.lastAttach = random.pick(Self.times)
        status.lastDetach = random.pick(Self.times)
        status.lastChange = random.pick(Self.times)
    }

    func extremeLimits() -> KernelLimits {
        KernelLimits(
            largestSegment: random.pick(Self.counts),
            segments: Int(clamping: random.pick(Self.counts)),
            totalBytes: random.pick(Self.counts),
            segmentsInUse: Int(clamping: random.pick(Self.counts)),
            bytesInUse: random.pick(Self.counts)
        )
    }

    /// Returns whether the reported last detach is impossible, so that the rest of the linger is unknown.
    func hasImpossibleTime(_ identifier: SegmentIdentifier) -> Bool {
        kernel.segments[identifier].map { Self.times.contains($0.lastDetach) } ?? false
    }
}
