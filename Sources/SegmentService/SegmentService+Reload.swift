import Logging
import NIOCore
import SegmentBroker
package import SegmentModel

extension SegmentService {
    /// Reads the configuration again; a bad one leaves everything as it is.
    package func reloadConfiguration(
        _ completion: @escaping (Result<ReloadOutcome, BrokerError>) -> Void = { _ in }
    ) {
        guard reload.ask(completion) else { return }
        beginReload()
    }

    private func beginReload() {
        announcements.reloading()
        let service = NIOLoopBound(self, eventLoop: eventLoop)
        let source = source
        worker.run(on: eventLoop, { source.load() }) { loaded in
            service.value.finishReload(loaded)
        }
    }

    private func finishReload(_ loaded: Result<(Configuration, GroupTable), ConfigurationInvalid>) {
        let result: Result<ReloadOutcome, BrokerError>
        switch loaded {
        case .success(let (configuration, groups)):
            let outcome = broker.reload(configuration, groups: groups)
            adoptSettings()
            note = nil
            settle()
            report(
                .notice,
                .reloaded,
                "Configuration read again: \(outcome.created.count) created, \(outcome.changed.count) changed, "
                    + "\(outcome.removing.count) removing"
            )
            result = .success(outcome)
        case .failure(let invalid):
            for problem in invalid.problems {
                report(.error, .configurationRefused, "\(problem)")
            }
            let counted = invalid.problems.count == 1 ? "1 problem" : "\(invalid.problems.count) problems"
            note = "configuration refused (\(counted)), the old one stays in force"
            result = .failure(.configurationInvalid(problems: invalid.problems))
        }
        announced = statusLine
        announcements.ready(announced)
        let (done, another) = reload.finish()
        for completion in done { completion(result) }
        if another { beginReload() }
    }
}
