import SegmentBroker
import SegmentModel
import SegmentRecords
import SystemPackage

/// Runs the broker's long commands in one go, with the keys that its kernel returns now.
extension Broker {
    package func start(_ configuration: Configuration, groups: GroupTable) throws(RecordsError) {
        takeOver(try records.load(), configuration)
        starting(groups: answered(groups, configuration), keys: lookUpKeys(configuration)).complete()
    }

    @discardableResult
    package func reload(_ configuration: Configuration, groups: GroupTable) -> ReloadOutcome {
        let work = reloading(
            configuration,
            groups: answered(groups, configuration),
            keys: lookUpKeys(configuration)
        )
        work.complete()
        return work.outcome
    }

    /// Acquires a segment with lookups that find nothing new.
    package func acquire(
        _ name: String,
        _ access: Access,
        _ holder: LeaseHolder
    ) throws(BrokerError) -> Grant {
        var answers = FreshAnswers()
        while true {
            switch try acquire(name, access, holder, knowing: answers) {
            case .granted(let grant): return grant
            case .lookupNeeded(let questions):
                for group in questions.groups { answers.groups.lookups[group] = groups[group] }
                for file in questions.keyFiles { answers.keys.lookups[file] = keys[file] }
            }
        }
    }

    package func check(groups: GroupTable) {
        checking(groups: answered(groups, configuration), keys: lookUpKeys(configuration)).complete()
    }

    /// Returns answers for all groups of a configuration; groups not in `groups` do not exist.
    private func answered(_ groups: GroupTable, _ configuration: Configuration) -> GroupTable {
        let unknown = configuration.groupNames.map { ($0, GroupLookup.unknown) }
        return GroupTable(lookups: Dictionary(uniqueKeysWithValues: unknown)).merged(with: groups)
    }

    private func lookUpKeys(_ configuration: Configuration) -> KeyTable {
        var table = KeyTable()
        for file in configuration.keyFiles.sorted(by: { $0.string < $1.string }) {
            table.lookups[file] = KeyLookup(file, in: kernel)
        }
        return table
    }
}
