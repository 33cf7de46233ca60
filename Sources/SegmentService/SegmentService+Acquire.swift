import SegmentBroker
import SegmentInterface
import SegmentModel
import VarlinkServer

/// Granting leases. If the segment must be created first, the call waits for lookups while others are served.
extension SegmentService {
    /// The calls that wait for the same lookups for one segment.
    struct PendingLookup {
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
            case .lookupNeeded(let questions):
                lookUp(questions, for: parameters.name) { [self] answers in
                    acquire(parameters, session, connection, knowing: answers)
                }
            }
        } catch {
            connection.fail(MethodFailure.broker(error))
        }
    }

    /// Looks up answers for a segment; calls with the same questions share one lookup.
    private func lookUp(
        _ questions: FreshQuestions,
        for name: String,
        then completion: @escaping (FreshAnswers) -> Void
    ) {
        if pendingLookups[name]?.questions == questions {
            pendingLookups[name]?.waiting.append(completion)
            return
        }
        let lookup = PendingLookup(questions: questions, waiting: [completion])
        // A reload changed the questions: calls that waited for the old ones start over.
        let earlier = pendingLookups.updateValue(lookup, forKey: name)?.waiting ?? []
        external.lookUp(
            ExternalServices.Questions(questions),
            on: loop,
            limits: .acquire
        ) { [self] answers in
            let fresh = FreshAnswers(groups: answers.groups, keys: answers.keys)
            finishLookup(questions, for: name, fresh)
        }
        for completion in earlier { completion(.none) }
    }

    private func finishLookup(_ questions: FreshQuestions, for name: String, _ answers: FreshAnswers) {
        guard pendingLookups[name]?.questions == questions,
            let lookup = pendingLookups.removeValue(forKey: name)
        else {
            return
        }
        broker.learn(answers)
        broker.together { for completion in lookup.waiting { completion(answers) } }
    }
}
