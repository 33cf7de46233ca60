import SegmentBroker
import SegmentInterface
import SegmentModel
import VarlinkServer

/// Granting leases. If the segment must be created first, the call waits for lookups while others are served.
extension SegmentService {
    /// The calls that wait for the same lookups for one segment.
    struct Asking {
        var questions: FreshQuestions
        var waiting: [(FreshAnswers) -> Void]
    }

    func acquire(
        _ parameters: AcquireParameters,
        _ session: Session,
        _ connection: VarlinkConnection,
        knowing answers: FreshAnswers = .none
    ) {
        // The client may have disconnected in the meantime.
        guard !session.isClosed, !isStopped else { return }
        defer { armTimer() }
        do throws(BrokerError) {
            let access = parameters.access ?? .readWrite
            switch try broker.acquire(parameters.name, access, session.holder, knowing: answers) {
            case .granted(let grant): connection.reply(grant)
            case .asking(let questions):
                ask(questions, about: parameters.name) { [self] answers in
                    acquire(parameters, session, connection, knowing: answers)
                }
            }
        } catch {
            connection.fail(MethodFailure.broker(error))
        }
    }

    /// Looks up answers for a segment; calls with the same questions share one lookup.
    private func ask(
        _ questions: FreshQuestions,
        about name: String,
        then completion: @escaping (FreshAnswers) -> Void
    ) {
        if asking[name]?.questions == questions {
            asking[name]?.waiting.append(completion)
            return
        }
        let round = Asking(questions: questions, waiting: [completion])
        // A reload changed the questions: calls that waited for the old ones start over.
        let earlier = asking.updateValue(round, forKey: name)?.waiting ?? []
        worlds.answer(
            OutsideWorlds.Questions(questions),
            on: loop,
            limits: .acquire
        ) { [self] answers in
            let fresh = FreshAnswers(groups: answers.groups, keys: answers.keys)
            answered(questions, about: name, fresh)
        }
        for completion in earlier { completion(.none) }
    }

    private func answered(_ questions: FreshQuestions, about name: String, _ answers: FreshAnswers) {
        guard asking[name]?.questions == questions, let round = asking.removeValue(forKey: name) else {
            return
        }
        broker.learn(answers)
        broker.together { for completion in round.waiting { completion(answers) } }
    }
}
