import Logging
import PrintableText
import SegmentBroker
package import SegmentModel

extension SegmentService {
    /// Reads the configuration again; an invalid one changes nothing.
    ///
    /// A vanished directory of segments is an error unless `removeAll` is set. While the daemon starts, the
    /// reload waits for the start to finish, but fails if the start itself waits for a service that does not
    /// answer.
    package func reloadConfiguration(
        removeAll: Bool = false,
        _ completion: @escaping (Result<ReloadOutcome, BrokerError>) -> Void = { _ in }
    ) {
        guard startup != .unanswered else { return completion(.failure(stillStarting)) }
        guard reload.request(removeAll: removeAll, completion) else { return }
        beginReload()
    }

    var stillStarting: BrokerError {
        let problem = ConfigurationProblem(
            file: broker.configuration.directory,
            message: "segmentd is still starting: the name service or the file of a key has not answered yet",
            remedy: "nothing was changed; reload once it has started"
        )
        return .configurationInvalid(problems: [problem])
    }

    func beginReload() {
        notifications.reloading()
        let directory = broker.configuration.directory
        external.read(on: loop, limit: external.reload.files) { [self] loaded in
            switch loaded {
            case .success(let (configuration, questions))?:
                if let invalid = vanishedDirectories(configuration) {
                    refuseReload(invalid)
                } else {
                    lookUp(questions, for: configuration)
                }
            case .failure(let invalid)?: refuseReload(invalid)
            case nil:
                refuseReload(.unanswered("the file system of the configuration", directory))
            }
        }
    }

    /// Looks up the groups and keys of a new configuration; nothing changes if the name service does not
    /// answer.
    private func lookUp(_ questions: ExternalServices.Questions, for configuration: Configuration) {
        external.lookUp(questions, on: loop, limits: external.reload) { [self] answers in
            guard answers.hasAllGroups else {
                return refuseReload(
                    .unanswered("the name service, asked for its groups,", configuration.directory)
                )
            }
            adopt(answers.ownGroup)
            reloads += 1
            self.questions = questions
            enqueue { [self] in
                broker.reloading(configuration, groups: answers.groups, keys: answers.keys)
            } then: { [self] work in
                acceptReload(work.outcome)
            }
        }
    }

    private func acceptReload(_ done: ReloadOutcome) {
        var outcome = done
        outcome.blocked = broker.failedNames
        adoptSettings()
        note = nil
        armTimer()
        report(
            .notice,
            .reloaded,
            "Configuration reloaded: \(outcome.created.count) created, \(outcome.changed.count) changed, "
                + "\(outcome.removing.count) removing"
        )
        finishReload(.success(outcome))
    }

    private func refuseReload(_ invalid: ConfigurationInvalid) {
        for problem in invalid.problems {
            report(.error, .configurationRefused, "\(problem)")
        }
        report(.error, .configurationRefused, "The configuration was not reloaded, and nothing has changed")
        note = "configuration refused (\(counted(invalid.count, "problem"))), the old one stays in force"
        finishReload(.failure(.configurationInvalid(problems: invalid.problems)))
    }

    private func finishReload(_ result: Result<ReloadOutcome, BrokerError>) {
        lastStatus = statusLine
        notifications.ready(lastStatus)
        let (done, another) = reload.finish()
        for completion in done { completion(result) }
        if another { beginReload() }
    }

    /// Returns an error if the configuration declares fewer segments only because a directory is missing; nil
    /// otherwise, or if the reload asked to remove its segments.
    private func vanishedDirectories(_ configuration: Configuration) -> ConfigurationInvalid? {
        guard !reload.removesAll else { return nil }
        let problems = configuration.vanishedDirectories(of: broker.liveDeclarations).map {
            ConfigurationProblem.vanished($0, remedy: "`segmentctl reload --remove-all`")
        }
        return problems.isEmpty ? nil : ConfigurationInvalid(problems: problems)
    }
}

extension ConfigurationInvalid {
    /// Returns the error for a service that did not answer while the configuration in `directory` was read.
    fileprivate static func unanswered(_ service: String, _ directory: String) -> ConfigurationInvalid {
        ConfigurationInvalid(problems: [
            ConfigurationProblem(
                file: directory,
                message: "\(service) does not answer",
                remedy: "nothing was changed; reload again when it answers"
            )
        ])
    }
}

/// Requested reloads: one runs at a time, and all that were requested before it began share it.
struct ReloadQueue {
    typealias Completion = (Result<ReloadOutcome, BrokerError>) -> Void

    private var running: [Completion]?
    private var waiting: [Completion] = []
    /// Whether a request that shares the running reload asks to remove the segments of vanished directories.
    private(set) var removesAll = false
    private var willRemoveAll = false

    /// Treats the start of the daemon as a running reload, so that requests wait for its end.
    mutating func begin() { running = [] }

    /// Adds a request; returns true if the caller must begin a reload now.
    mutating func request(removeAll: Bool = false, _ completion: @escaping Completion) -> Bool {
        guard running == nil else {
            waiting.append(completion)
            willRemoveAll = willRemoveAll || removeAll
            return false
        }
        running = [completion]
        removesAll = removeAll
        return true
    }

    /// Ends the running reload; returns its requests and whether another reload must begin.
    mutating func finish() -> (done: [Completion], another: Bool) {
        let done = running ?? []
        running = waiting.isEmpty ? nil : waiting
        waiting = []
        removesAll = willRemoveAll
        willRemoveAll = false
        return (done, running != nil)
    }

    /// Removes and returns the requests that wait for the running reload to end.
    mutating func dropWaiting() -> [Completion] {
        defer { (waiting, willRemoveAll) = ([], false) }
        return waiting
    }
}
