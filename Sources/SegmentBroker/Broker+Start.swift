import Logging
package import SegmentModel
package import SegmentRecords
import SystemVSharedMemory

extension Broker {
    /// Takes over the segments with a record, which can be served before the numbers of their groups and the
    /// files of their keys are known.
    package func takeOver(_ loaded: LoadedRecords, _ configuration: Configuration) {
        self.configuration = configuration
        (isStarting, isTakingOver) = (true, true)
        defer { isTakingOver = false }
        let count = max(configuration.segments.count, loaded.records.count)
        segments.reserveCapacity(count)
        names.reserveCapacity(count)
        namesOfSegments.reserveCapacity(count)
        reservations.reserveCapacity(count)
        for lost in loaded.setAside {
            report(
                .warning,
                .recordSetAside,
                "Record \(lost.file) \(lost.defect) and "
                    + (lost.movedTo.map { "is set aside as \($0)" } ?? "cannot be set aside either, ignoring")
            )
        }
        var unrecorded: [SegmentName: SegmentDefinition] = [:]
        unrecorded.reserveCapacity(configuration.segments.count)
        for definition in configuration.segments { unrecorded[definition.name] = definition }
        for record in loaded.records.sorted(by: Self.takesOverBefore) {
            let segment = BrokeredSegment(record.name, as: identity.credentials, record: record)
            add(segment)
            reservations.update(segment.name, segment.lifecycle.keys)
            if let definition = unrecorded.removeValue(forKey: record.name) {
                send(.declared(declaration(definition, of: record)), to: segment)
            } else {
                send(.undeclared, to: segment)
            }
        }
        for definition in unrecorded.values.sorted(by: { $0.name < $1.name }) {
            let segment = BrokeredSegment(definition.name, as: identity.credentials)
            segment.awaited = AwaitedDeclaration(definition)
            add(segment)
        }
    }

    /// Orders complete records before those of a crash between record and shmget(2), which know only a key.
    static func takesOverBefore(_ one: SegmentRecord, _ other: SegmentRecord) -> Bool {
        (one.identifier == nil ? 1 : 0, one.name) < (other.identifier == nil ? 1 : 0, other.name)
    }

    /// Returns a declaration with the recorded key, which is used until the file of the key has been looked
    /// up.
    private func declaration(
        _ definition: SegmentDefinition,
        of record: SegmentRecord
    ) -> SegmentLifecycle.Declaration {
        var declaration = resolver.declaration(definition)
        if let key = record.key, definition.keyFile != nil { declaration.key = .at(key) }
        return declaration
    }

    /// Creates missing segments and detects differences, with the groups and keys known so far.
    ///
    /// A problem of one segment blocks only that segment.
    package func starting(groups: GroupTable, keys: KeyTable) -> BrokerWork {
        (self.groups, self.keys) = (groups, keys)
        let declarations = placed(configuration.segments)
        var declared: [SegmentName: SegmentLifecycle.Declaration] = [:]
        for declaration in declarations {
            let name = declaration.definition.name
            // An Acquire in the meantime must not get a key that another declaration claims.
            if let awaited = segments[name.string]?.awaited {
                awaited.placed = declaration
            } else {
                declared[name] = declaration
            }
        }
        func isRecorded(_ name: SegmentName) -> Bool {
            segments[name.string]?.lifecycle.keys.isEmpty == false
        }
        let missing = declarations.map(\.definition.name).filter { !isRecorded($0) }
        return BrokerWork(on: names.filter(isRecorded) + missing) { [self] name, _ in
            guard let segment = segments[name.string],
                let declaration = segment.awaited?.placed ?? declared[name]
            else { return }
            segment.awaited = nil
            if segment.live == nil {
                send(.declared(declaration), to: segment)
            } else {
                send(.declared(declaration), .look, to: segment)
            }
        } end: { [self] in
            isStarting = false
            offerFreedKeys()
            logHostWarnings()
        }
    }
}
