import EventLoop
package import POSIX
import SegmentBroker
package import SegmentModel
package import SystemPackage

/// The worlds that may not answer, each with threads of its own: files, names, and the file systems of keys.
package final class OutsideWorlds: Sendable {
    /// Reads the configuration and the records.
    package let files = BackgroundQueue()
    private let source: ConfigurationSource
    private let names: Lookups<NameQuestion, NameAnswer>
    private let keys: Lookups<FilePath, KeyLookup>

    private enum NameQuestion: Hashable { case group(String), own }
    private enum NameAnswer { case group(GroupLookup), own(OwnGroup?) }

    /// How long a start and a reload wait.
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

    /// How long each world is waited for.
    package struct Limits: Sendable {
        package var files: Duration
        package var names: Duration
        package var keys: Duration

        package init(files: Duration, names: Duration, keys: Duration) {
            (self.files, self.names, self.keys) = (files, names, keys)
        }

        /// A start makes what can be made without those who do not answer.
        package static let start = Limits(files: .seconds(30), names: .seconds(30), keys: .seconds(2))
        /// A reload is answered within half a minute.
        package static let reload = Limits(files: .seconds(10), names: .seconds(10), keys: .seconds(2))
        /// An Acquire that must ask first.
        package static let acquire = Limits(
            files: .milliseconds(500),
            names: .milliseconds(500),
            keys: .milliseconds(500)
        )
    }

    /// What is asked of a configuration.
    struct Questions: Sendable {
        var groups: Set<String>
        var keyFiles: Set<FilePath>
        var asksOwnGroup = true

        /// What is asked before one segment is made.
        init(_ questions: FreshQuestions) {
            (groups, keyFiles, asksOwnGroup) = (questions.groups, questions.keyFiles, false)
        }

        init(_ configuration: Configuration) {
            groups = configuration.groupNames
            keyFiles = configuration.keyFiles
        }
    }

    /// What was answered.
    struct Answers: Sendable {
        var groups = GroupTable()
        var keys = KeyTable()
        /// Nil where nothing was answered.
        var ownGroup: OwnGroup?

        var hasAllGroups: Bool { !groups.lookups.values.contains(.unanswered) }
    }

    /// Reads the configuration; nil where its files are not there in time.
    func read(
        on loop: EventLoop,
        limit: Duration,
        then completion: @escaping (Result<(Configuration, Questions), ConfigurationInvalid>?) -> Void
    ) {
        let read = source.read
        files.run(on: loop, limit: limit, { read().map { ($0, Questions($0)) } }, then: completion)
    }

    /// Asks for groups and keys at the same time.
    func answer(
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
        names.ask(asked, limit: limits.names, on: loop) { both.names = $0 }
        keys.ask(questions.keyFiles, limit: limits.keys, on: loop) { both.keys = $0 }
    }

    /// Waits for both.
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

/// Where the configuration comes from and what it means on this host; slow, so never asked on the event loop.
package struct ConfigurationSource: Sendable {
    package var read: @Sendable () -> Result<Configuration, ConfigurationInvalid>
    /// Asks the name service for a group by name or number.
    package var group: @Sendable (String) -> GroupLookup
    /// Asks the name service for the daemon's own group; nil where it knows none.
    package var ownGroup: @Sendable () -> OwnGroup?
    /// Asks the file system for a file that a key is made of.
    package var key: @Sendable (FilePath) -> KeyLookup
    /// What is mounted where: one line a mount, of which a host of containers has thousands.
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
