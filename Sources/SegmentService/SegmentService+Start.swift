import EventLoop
import Logging
import SegmentBroker
import SegmentModel

extension SegmentService {
    /// Creates the declared segments, after the broker has taken over those with a record.
    ///
    /// `completion` is called when every segment is created or blocked. `serve` is called just before, so
    /// that clients that connect during a start find every segment, but after 50 ms at the latest, so that no
    /// client waits for a service that hangs.
    package func start(serve: @escaping () -> Void, then completion: @escaping () -> Void) {
        startup = .underWay
        reload.begin()
        questions = ExternalServices.Questions(broker.configuration)
        var serve: (() -> Void)? = serve
        let serveOnce = {
            serve?()
            serve = nil
        }
        let timer = loop.schedule(after: .milliseconds(50), serveOnce)
        let timeout = loop.schedule(after: external.reload.names) { [self] in
            startup = .unanswered
            for completion in reload.dropWaiting() { completion(.failure(stillStarting)) }
        }
        external.lookUp(questions, on: loop, limits: external.start) { [self] answers in
            loop.cancel(timeout)
            startup = .underWay
            start(with: answers) { [self] in
                loop.cancel(timer)
                serveOnce()
                completion()
                if reload.finish().another { beginReload() }
            }
        }
    }

    private func start(with answers: ExternalServices.Answers, then completion: @escaping () -> Void) {
        adopt(answers.ownGroup)
        enqueue { [self] in
            broker.starting(groups: answers.groups, keys: answers.keys)
        } then: { [self] _ in
            startup = .over
            adoptAdministrators()
            armTimer()
            completion()
        }
    }

    func adopt(_ ownGroup: OwnGroup?) {
        if let ownGroup { broker.setOwnGroup(name: ownGroup.name, members: ownGroup.members) }
    }
}
