import Glibc
import Segments
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

extension Soak {
    /// Compares the model with the kernel, the daemon and its records, until they agree.
    ///
    /// Changes that happen by themselves have 5 s to happen.
    func compare() throws {
        let end = ContinuousClock.now + .seconds(5)
        while true {
            daemon.notify.drain()
            let differences = try differences()
            guard !differences.isEmpty else { return }
            guard ContinuousClock.now < end else { throw Surprise(differences.joined(separator: "\n")) }
            usleep(2000)
        }
    }

    private func differences() throws -> [String] {
        // A request for a segment makes the daemon check it.
        for name in model.names { _ = try? administrator.segment(named: SegmentName(unchecked: name)) }
        let listed = try administrator.segments()
        let inKernel = try kernel.allSegments()
        var differences: [String] = []
        func compare<Value: Equatable>(_ what: String, _ found: Value, _ expected: Value) {
            if found != expected { differences.append("\(what): \(found), not \(expected)") }
        }
        compare("names", listed.map(\.name.string), model.names)
        guard differences.isEmpty else { return differences }
        for segment in listed {
            let name = segment.name.string
            guard let expected = model.segments[name] else { continue }
            if expected.identifier == nil, expected.life != .absent, let identifier = segment.identifier,
                !model.gone.contains(identifier)
            {
                model.learn(name, identifier)
            }
            compare("identifier of \(name)", segment.identifier, model.segments[name]?.identifier)
            compare("state of \(name)", Self.life(segment.state), expected.life)
            compare("leases of \(name)", segment.leases.map(\.processID).sorted(), processes(expected))
            guard let identifier = segment.identifier, let status = inKernel[identifier] else { continue }
            compare("attachments of \(name)", Int(status.attachmentCount), expected.users.count + 1)
            compare("size of \(name)", status.size, expected.size)
            compare("key of \(name)", status.key, segment.key)
            compare("marking of \(name)", status.isMarkedForRemoval, false)
            if let declaration = expected.declaration, expected.life == .live {
                compare("mode of \(name)", UInt32(status.mode.rawValue), declaration.mode)
                compare("owner of \(name)", status.ownerUserID, geteuid())
            }
        }
        let existing = model.names { $0.life != .absent }
        compare("segments in the kernel", inKernel.count, existing.count)
        let records = fileNames(in: daemon.state).filter { $0.hasSuffix(".record") }
        compare("records", records.map { String($0.dropLast(7)) }.sorted(), existing)
        let status = try administrator.daemonStatus()
        compare("leases", status.leaseCount, model.leases)
        compare("connections", status.connectionCount, clients.count + 1)
        let descriptors = process.descriptors - status.connectionCount
        // A connection no longer counted may still be closing.
        if let ownDescriptors, descriptors > ownDescriptors {
            compare("descriptors", descriptors, ownDescriptors)
        }
        if differences.isEmpty { ownDescriptors = min(ownDescriptors ?? descriptors, descriptors) }
        return differences
    }

    /// Returns the model's state; nil if it has no such state.
    private static func life(_ state: SegmentState) -> ModelledSegment.Life? {
        switch state {
        case .absent: .absent
        case .ready, .drifted: .live
        case .draining: .draining
        default: nil
        }
    }

    private func processes(_ segment: ModelledSegment) -> [Int32] {
        segment.users.filter(\.value).compactMap { clients[$0.key]?.process.identifier }.sorted()
    }
}
