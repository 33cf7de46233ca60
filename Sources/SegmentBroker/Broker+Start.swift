import Logging
package import SegmentModel
package import SegmentRecords
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Compares records, kernel and configuration, takes over what is ours and makes what is missing.
    ///
    /// `progress` hears the number of segments done from time to time, for a start that takes long. Only unreadable
    /// records stop a start; whatever is wrong with one segment blocks that segment.
    package func start(
        _ configuration: Configuration,
        groups: GroupTable,
        progress: (Int) -> Void = { _ in }
    ) throws(RecordsError) {
        self.configuration = configuration
        self.groups = groups
        let loaded = try records.load()
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
        names = segments.values.map(\.name).sorted()
        for (count, definition) in KeyPlacement.order(configuration.segments).enumerated() {
            if let segment = segments[definition.name.string], case .absent = segment.life {
                provision(segment)
            }
            if count & 0xff == 0xff { progress(count) }
        }
        for segment in sorted { drainUndeclared(segment) }
        noteHost()
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
