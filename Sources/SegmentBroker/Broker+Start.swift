import Logging
package import SegmentModel
package import SegmentRecords
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Takes over what has a record: it is served without its group's number and its key's file, which need not be
    /// known yet.
    package func takeOver(_ loaded: LoadedRecords, _ configuration: Configuration) {
        self.configuration = configuration
        isStarting = true
        for lost in loaded.setAside {
            report(
                .warning,
                .recordSetAside,
                "Record \(lost.file) cannot be used and "
                    + (lost.movedTo.map { "is set aside as \($0)" } ?? "cannot be set aside either, ignoring")
            )
        }
        for definition in configuration.segments {
            add(BrokeredSegment(definition.name, definition))
        }
        for record in loaded.records.sorted(by: KeyPlacement.recalledBefore) { recall(record) }
    }

    /// Makes what is missing and finds what differs, with what is known of groups and keys.
    ///
    /// Whatever is wrong with one segment blocks that segment.
    package func starting(groups: GroupTable, keys: KeyTable) -> BrokerWork {
        (self.groups, self.keys) = (groups, keys)
        let (taken, missing) = partitionedByLife()
        // Whoever acquires a segment meanwhile must not get a key that is another's by declaration.
        for segment in missing {
            guard let definition = segment.definition, definition.key != .ownFile else { continue }
            _ = try? place(segment, definition)
        }
        return BrokerWork(on: (taken + missing).map(\.name)) { [self] name, _ in
            guard let segment = segments[name.string] else { return }
            switch segment.life {
            case .live, .draining:
                refresh(segment)
                renew(segment, quietly: true)
                drainUndeclared(segment)
            case .absent: provision(segment)
            case .removing, .blocked: break
            }
        } end: { [self] in
            isStarting = false
            noteHost()
        }
    }

    /// What is there or waits for the kernel, in order of name, and what is not, in the order in which keys are placed.
    private func partitionedByLife() -> (taken: [BrokeredSegment], missing: [BrokeredSegment]) {
        func isMissing(_ segment: BrokeredSegment) -> Bool {
            if case .absent = segment.life { true } else { false }
        }
        let missing = KeyPlacement.order(configuration.segments).compactMap { segments[$0.name.string] }
        return (sorted.filter { !isMissing($0) }, missing.filter(isMissing))
    }

    /// Finds the segment that a record means, or drops the record.
    private func recall(_ record: SegmentRecord) {
        let segment = segments[record.name.string] ?? BrokeredSegment(record.name, nil)
        segment.record = record
        add(segment)
        do throws(SegmentProblem) {
            guard try !recall(segment), segment.definition == nil else { return }
            forget(segment)
        } catch {
            block(segment, error)
        }
    }

    /// What no file declares goes when nobody uses it.
    func drainUndeclared(_ segment: BrokeredSegment) {
        if segment.definition == nil { drain(segment) }
    }
}
