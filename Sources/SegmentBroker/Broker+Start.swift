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
                "Record \(lost.file) cannot be used and is set aside as \(lost.movedTo)"
            )
        }
        for definition in configuration.segments {
            add(BrokeredSegment(definition.name, definition))
        }
        for record in loaded.records { recall(record) }
        names = segments.values.map(\.name).sorted()
        for (count, definition) in KeyPlacement.order(configuration.segments).enumerated() {
            if let segment = segments[definition.name.string], case .absent = segment.life {
                provision(segment)
            }
            if count & 0xff == 0xff { progress(count) }
        }
        for segment in sorted where segment.definition == nil { drain(segment) }
        noteHost()
    }

    /// Finds the segment that a record means, or drops the record.
    private func recall(_ record: SegmentRecord) {
        let segment = segments[record.name.string] ?? BrokeredSegment(record.name, nil)
        segment.record = record
        guard let identifier = record.identifier ?? find(record.key),
            let status = try? kernel.statusOfAny(identifier),
            Ownership.matches(record, identifier, status), status.creatorUserID == identity.userID
        else { return dropRecord(segment) }
        add(segment)
        if status.isMarkedForRemoval {
            segment.life = .removing(DoomedSegment(identifier: identifier, size: status.size, byOther: true))
        } else {
            placement.hold(record.key, for: record.name)
            segment.key = record.key
            takeOver(segment, identifier, status)
        }
    }
}
