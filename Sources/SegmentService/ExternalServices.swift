import EventLoop
package import POSIX
import SegmentBroker
package import SegmentModel
package import SystemPackage

/// The outside services that may hang, each with its own threads: files, names, and the file systems of keys.
package final class ExternalServices: Sendable {
    /// Reads the configuration and the records.
    package let files = BackgroundQueue()
    private let source: ConfigurationSource
    private let names: Lookups<NameQuestion, NameAnswer>
    private let keys: Lookups<FilePath, KeyLookup>

    private enum NameQuestion: Hashable { case group(String), own }
    private enum NameAnswer { case group(GroupLookup), own(OwnGroup?) }

    /// The time limits of a start and of a reload.
    let start: Limits
    let reload: Limits

    package init(_ source: ConfigurationSource, start: Limits = .start, reload: Limits = .reload) {
        (self.source, self.start, self.reload) = (source, start, reload)
        names = Lookups(threads: 1) { question in
            switch question {
            case .group(let name): .group(source.group(name))
            case .own: .own(source.ownGroup())
            }
        }
        keys = Lookups(
            threads: 6,
            kinship: {
                let points = source.mountPoints()
                return { path in points.holding(path) ?? path.removingLastComponent() }
            },
            answer: source.key
        )
    }

    /// The time limits for each outside service.
    package struct Limits: Sendable {
        package var files: Duration
        package var names: Duration
        package var keys: Duration

        package init(files: Duration, names: Duration, keys: Duration) {
            (self.files, self.names, self.keys) = (files, names, keys)
        }

        /// For a start, which creates what does not depend on services that hang.
        package static let start = Limits(files: .seconds(30), names: .seconds(30), keys: .seconds(2))
        /// For a reload, which is answered within half a minute.
        package static let reload = Limits(files: .seconds(10), names: .seconds(10), keys: .seconds(2))
        /// For an Acquire that needs an answer first.
        package static let acquire = Limits(
            files: .milliseconds(500),
            names: .milliseconds(500),
            keys: .milliseconds(500)
        )
    }

    /// The lookups that a configuration needs.
    struct Questions: Sendable {
        var groups: Set<String>
        var keyFiles: Set<FilePath>
        var asksOwnGroup = true

        /// Creates the lookups needed before one segment is created.
        init(_ questions: FreshQuestions) {
            (groups, keyFiles, asksOwnGroup) = (questions.groups, questions.keyFiles, false)
        }

        init(_ configuration: Configuration) {
            groups = configuration.groupNames
            keyFiles = configuration.keyFiles
        }
    }

    /// The answers to `Questions`.
    struct Answers: Sendable {
        var groups = GroupTable()
        var keys = KeyTable()
        /// Nil if there was no answer.
        var ownGroup: OwnGroup?

        var hasAllGroups: Bool { !groups.lookups.values.contains(.unanswered) }
    }

    /// Reads the configuration; passes nil if its files cannot be read in time.
    func read(
        on loop: EventLoop,
        limit: Duration,
        then completion: @escaping (Result<(Configuration, Questions), ConfigurationInvalid>?) -> Void
    ) {
        let read = source.read
        files.run(on: loop, limit: limit, { read().map { ($0, Questions($0)) } }, then: completion)
    }

    /// Looks up groups and keys concurrently.
    func lookUp(
        _ questions: Questions,
        on loop: EventLoop,
        limits: Limits,
        then completion: @escaping (Answers) -> Void
    ) {
        let both = BothAnswers { names, keys in
            var answers = Answers()
            for group in questions.groups {
                if case .group(let lookup) = names[.group(group)] {
                    answers.groups.lookups[group] = lookup
                } else {
                    answers.groups.lookups[group] = .unanswered
                }
            }
            if case .own(let own) = names[.own] { answers.ownGroup = own }
            answers.keys.lookups = keys
            for file in questions.keyFiles where keys.count < questions.keyFiles.count && keys[file] == nil {
                answers.keys.lookups[file] = .unanswered
            }
            completion(answers)
        }
        let asked = Set(questions.groups.map(NameQuestion.group)).union(questions.asksOwnGroup ? [.own] : [])
        names.lookUp(asked, limit: limits.names, on: loop) { both.names = $0 }
        keys.lookUp(questions.keyFiles, limit: limits.keys, on: loop) { both.keys = $0 }
    }

    /// Calls `end` once both kinds of answers have arrived.
    private final class BothAnswers {
        var names: [NameQuestion: NameAnswer]? { didSet { endIfThere() } }
        var keys: [FilePath: KeyLookup]? { didSet { endIfThere() } }
        private let end: ([NameQuestion: NameAnswer], [FilePath: KeyLookup]) -> Void

        init(_ end: @escaping ([NameQuestion: NameAnswer], [FilePath: KeyLookup]) -> Void) { self.end = end }

        private func endIfThere() {
            if let names, let keys { end(names, keys) }
        }
    }
}

/// Reads the configuration and looks up its names and files on this host; slow, so never called on the event
/// loop.
package struct ConfigurationSource: Sendable {
    package var read: @Sendable () -> Result<Configuration, ConfigurationInvalid>
    /// Looks up a group in the name service, by name or number.
    package var group: @Sendable (String) -> GroupLookup
    /// Looks up the daemon's own group in the name service; nil if it is unknown.
    package var ownGroup: @Sendable () -> OwnGroup?
    /// Looks up the file of a key with ftok(3).
    package var key: @Sendable (FilePath) -> KeyLookup
    /// Reads the mount points, of which a host of containers has thousands.
    package var mountPoints: @Sendable () -> MountPoints

    package init(
        read: @escaping @Sendable () -> Result<Configuration, ConfigurationInvalid>,
        group: @escaping @Sendable (String) -> GroupLookup,
        ownGroup: @escaping @Sendable () -> OwnGroup?,
        key: @escaping @Sendable (FilePath) -> KeyLookup,
        mountPoints: @escaping @Sendable () -> MountPoints = { MountPoints(mountinfo: "") }
    ) {
        self.read = read
        self.group = group
        self.ownGroup = ownGroup
        self.key = key
        self.mountPoints = mountPoints
    }
}

/// The daemon's own group, as the name service knows it.
package struct OwnGroup: Equatable, Sendable {
    package var name: String
    package var members: [String]

    package init(name: String, members: [String]) {
        self.name = name
        self.members = members
    }
}
