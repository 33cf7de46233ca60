import Logging
import SegmentBroker
package import SegmentModel

extension SegmentService {
    /// Reads the configuration again; a bad one leaves everything as it is.
    ///
    /// A directory of segments that has vanished is bad, unless `removeAll` asks for what that means. While the daemon
    /// starts, the reload waits for the end of that, unless a world does not answer that the start waits for.
    package func reloadConfiguration(
        removeAll: Bool = false,
        _ completion: @escaping (Result<ReloadOutcome, BrokerError>) -> Void = { _ in }
    ) {
        guard startup != .unanswered else { return completion(.failure(stillStarting)) }
        guard reload.ask(removeAll: removeAll, completion) else { return }
        beginReload()
    }

    var stillStarting: BrokerError {
        let problem = ConfigurationProblem(
            file: broker.configuration.directory,
            message: "segmentd is still starting: the name service or the file of a key has not answered yet",
            remedy: "nothing is changed; reload when it has started"
        )
        return .configurationInvalid(problems: [problem])
    }

    func beginReload() {
        announcements.reloading()
        let directory = broker.configuration.directory
        worlds.read(on: loop, limit: worlds.reload.files) { [self] loaded in
            switch loaded {
            case .success(let (configuration, questions))?:
                if let invalid = vanishedDirectories(configuration) {
                    refuseReload(invalid)
                } else {
                    ask(questions, for: configuration)
                }
            case .failure(let invalid)?: refuseReload(invalid)
            case nil:
                refuseReload(.unanswered("the file system of the configuration", directory))
            }
        }
    }

    /// Nothing is changed where the name service does not answer.
    private func ask(_ questions: OutsideWorlds.Questions, for configuration: Configuration) {
        worlds.answer(questions, on: loop, limits: worlds.reload) { [self] answers in
            guard answers.hasAllGroups else {
                return refuseReload(
                    .unanswered("the name service, asked for its groups,", configuration.directory)
                )
            }
            adopt(answers.ownGroup)
            reloads += 1
            self.questions = questions
            perform { [self] in
                broker.reloading(configuration, groups: answers.groups, keys: answers.keys)
            } then: { [self] work in
                acceptReload(work.outcome)
            }
        }
    }

    private func acceptReload(_ done: ReloadOutcome) {
        var outcome = done
        outcome.blocked = broker.blockedNames
        adoptSettings()
        note = nil
        armTimer()
        report(
            .notice,
            .reloaded,
            "Configuration read again: \(outcome.created.count) created, \(outcome.changed.count) changed, "
                + "\(outcome.removing.count) removing"
        )
        finishReload(.success(outcome))
    }

    private func refuseReload(_ invalid: ConfigurationInvalid) {
        for problem in invalid.problems {
            report(.error, .configurationRefused, "\(problem)")
        }
        note = "configuration refused (\(counted(invalid.count, "problem"))), the old one stays in force"
        finishReload(.failure(.configurationInvalid(problems: invalid.problems)))
    }

    private func finishReload(_ result: Result<ReloadOutcome, BrokerError>) {
        announced = statusLine
        announcements.ready(announced)
        let (done, another) = reload.finish()
        for completion in done { completion(result) }
        if another { beginReload() }
    }

    /// Why a configuration is refused that declares less because a directory is not there, not because files were
    /// deleted; nil where it is not, or where somebody asked for it.
    private func vanishedDirectories(_ configuration: Configuration) -> ConfigurationInvalid? {
        guard !reload.removesAll else { return nil }
        let problems = configuration.vanishedDirectories(of: broker.liveDeclarations).map {
            ConfigurationProblem.vanished($0, remedy: "`segmentctl reload --remove-all`")
        }
        return problems.isEmpty ? nil : ConfigurationInvalid(problems: problems)
    }
}

extension ConfigurationInvalid {
    /// What does not answer while the configuration in a directory is read.
    fileprivate static func unanswered(_ world: String, _ directory: String) -> ConfigurationInvalid {
        ConfigurationInvalid(problems: [
            ConfigurationProblem(
                file: directory,
                message: "\(world) does not answer",
                remedy: "nothing is changed; reload again when it answers"
            )
        ])
    }
}

/// Reloads that were asked for and are not done: one runs at a time, and all who asked before it began share it.
struct ReloadQueue {
    typealias Completion = (Result<ReloadOutcome, BrokerError>) -> Void

    private var running: [Completion]?
    private var waiting: [Completion] = []
    /// Whether somebody who shares the running reload asks for segments to go with their directory.
    private(set) var removesAll = false
    private var willRemoveAll = false

    /// The start of the daemon is a reload that nobody has asked for: who asks meanwhile waits for its end.
    mutating func begin() { running = [] }

    /// True if the caller must begin a reload now.
    mutating func ask(removeAll: Bool = false, _ completion: @escaping Completion) -> Bool {
        guard running == nil else {
            waiting.append(completion)
            willRemoveAll = willRemoveAll || removeAll
            return false
        }
        running = [completion]
        removesAll = removeAll
        return true
    }

    /// Those who asked for the reload that is over, and whether another must begin.
    mutating func finish() -> (done: [Completion], another: Bool) {
        let done = running ?? []
        running = waiting.isEmpty ? nil : waiting
        waiting = []
        removesAll = willRemoveAll
        willRemoveAll = false
        return (done, running != nil)
    }

    /// Those who wait for the end of what runs, and are not to wait any longer.
    mutating func dropWaiting() -> [Completion] {
        defer { (waiting, willRemoveAll) = ([], false) }
        return waiting
    }
}
