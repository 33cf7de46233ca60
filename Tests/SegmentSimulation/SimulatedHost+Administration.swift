import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Actions of administrators and of the service manager.
extension SimulatedHost {
    private static let administrator = Viewer(client: .root, isAdministrator: true)

    /// Edits the files, which takes effect at a reload or a start.
    func edit() {
        for _ in 0...random.below(3) {
            let name = random.pick(Declarations.names)
            guard let segment = SegmentName(name) else { continue }
            if random.once(in: 3) {
                declared[segment] = nil
            } else if random.once(in: 2), var definition = declared[segment] {
                let other = Declarations.random(name, &random)
                if random.once(in: 2) { definition.keep = other.keep } else { definition.mode = other.mode }
                declared[segment] = definition
            } else {
                declared[segment] = Declarations.random(name, &random)
            }
        }
        declared = Declarations.withoutClashes(declared)
        for definition in declared.values.sorted(by: { $0.name < $1.name })
        where kernel.files[definition.file] == nil && !random.once(in: 8) {
            kernel.files[definition.file] = UInt32(0x300 + random.below(4))
        }
        let text = declared.sorted { $0.key < $1.key }.map { "\($0.key) \(summary($0.value))" }
        trace.record("files: \(text.joined(separator: ", "))")
    }

    private func summary(_ definition: SegmentDefinition) -> String {
        "(\(definition.size), \(definition.group ?? "-"), \(definition.mode.octal), "
            + "\(definition.keep), \(definition.key))"
    }

    func reload() {
        guard daemon != nil else { return }
        edit()
        let configuration = configuration()
        let groups = groups
        (inForce, groupsInForce) = (declared, groups)
        run(.reload, "reload") { $0.reload(configuration, groups: groups) }
    }

    func remove() {
        guard let segment = SegmentName(random.pick(Declarations.names)) else { return }
        let when = random.pick(RemovalPolicy.allCases)
        run(.remove(segment, when), "remove \(segment) \(when)") {
            try $0.remove(segment.string, when: when, viewer: Self.administrator)
        }
    }

    func describe() {
        let name = random.pick(Declarations.names)
        let result = run(.describe, "describe \(name)") {
            try $0.describe(name, viewer: Self.administrator)
        }
        guard case .success(let segment)? = result, let identifier = segment.identifier,
            !oracle.isInterleaved, !oracle.hasFailed
        else { return }
        require(
            kernel.segments[identifier] != nil,
            "\(name) is described as \(segment.state) and is not in the kernel"
        )
        require(
            kernel.segments[identifier]?.isMarkedForRemoval == (segment.state == .removing),
            "\(name) is described as \(segment.state), the kernel differs"
        )
    }

    func check() {
        guard daemon != nil else { return }
        let groups = groups
        groupsInForce = groups
        let wasDisturbed = isDisturbed
        isDisturbed = false
        if disk.removalFailure == nil { hasStaleRecords = false }
        run(.check, "check") {
            $0.check(groups: groups)
            $0.expire()
        }
        if disk.writeFailure != nil || disk.removalFailure != nil { isDisturbed = wasDisturbed }
        if oracle.hasFailed || oracle.isInterferedWith { disturb() }
    }

    func passTime() {
        clock.now += .seconds(random.pick([1, 5, 15]))
        guard let due = daemon?.broker.nextDeadline, due <= clock.now else { return }
        run(.expire, "a linger ends") { $0.expire() }
    }

    /// SIGTERM, SIGUSR2 or kill -9.
    func end() {
        guard daemon != nil else { return }
        if random.once(in: 2) {
            trace.record("kill -9")
            return died()
        }
        let isRestart = random.once(in: 2)
        run(.stop(isRestart: isRestart), isRestart ? "end for a restart" : "stop") {
            $0.stop(isRestart: isRestart)
        }
        // The connections close after the stop, while the broker still exists.
        for client in clients {
            guard let holder = client.holder else { continue }
            run(.stop(isRestart: isRestart), "\(client.name)'s connection is closed") {
                $0.disconnected(holder)
            }
            (client.holder, client.leases) = (nil, [])
        }
        if daemon != nil {
            checkInvariants()
            died()
        }
    }
}
