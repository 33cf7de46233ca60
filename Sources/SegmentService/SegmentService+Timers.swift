import EventLoop
import Logging
import SegmentBroker
import SegmentModel

extension SegmentService {
    /// Looks for changes that nobody tells of, and tells the service manager that the loop turns, every `period`.
    package func startChecking(every period: Duration) {
        // A second more is early enough, and wakes an idle machine up less often.
        check = loop.schedule(after: period, slack: min(.seconds(1), period / 10)) { [self] in
            startChecking(every: period)
            checkNow()
        }
    }

    package func stop() {
        isStopped = true
        // The end of each lease would be told to each subscriber, and none of it would be sent any more.
        broker.onEvent = nil
        for timer in [check, deadline?.timer] { if let timer { loop.cancel(timer) } }
        dropWork()
    }

    func checkNow() {
        announcements.alive()
        broker.expire()
        armTimer()
        announceStatus()
        checks &+= 1
        // Each question wakes another thread up: what is told of within a minute is asked once in a minute.
        let isMinute = checks % 4 == 0
        if isMinute { lookAtSocket() }
        // Who has not done with the last one has no time for another.
        guard startup == .over, !isWorking else { return }
        check(groups: broker.groups, keys: broker.keys)
        if isMinute || isAnswerDue { askAgain() }
    }

    /// Tells once that no new client finds the socket, and once that they do again.
    private func lookAtSocket() {
        worlds.files.run(on: loop, limit: worlds.reload.files, socketProblem) { [self] answer in
            guard let problem = answer, problem != socketGone else { return }
            socketGone = problem
            if let problem {
                let remedy = problem.remedy.map { "; \($0)" } ?? ""
                report(.warning, .socketGone, "The broker serves, but \(problem.message)\(remedy)")
            } else {
                report(.notice, .hostRecovered, "The broker's socket is at its path again")
            }
            announceStatus()
        }
    }

    private func check(groups: GroupTable, keys: KeyTable) {
        perform { [self] in
            broker.checking(groups: groups, keys: keys)
        } then: { [self] _ in
            adoptAdministrators()
            armTimer()
            announceStatus()
        }
    }

    /// Whether an answer may change what is blocked, or who may do what.
    ///
    /// A file that has another inode than its key is told of within a minute: to ask wakes other threads up.
    private var isAnswerDue: Bool {
        broker.blockedCount > 0 || !questions.groups.isEmpty
            || broker.keys.lookups.values.contains { if case .found = $0 { false } else { true } }
    }

    /// The outside worlds may hang; what has changed is put in force when they answer.
    private func askAgain() {
        guard !isAsking else { return }
        isAsking = true
        let loaded = reloads
        worlds.answer(questions, on: loop, limits: worlds.reload) { [self] answers in
            isAsking = false
            guard loaded == reloads, !isStopped else { return }
            adopt(answers.ownGroup)
            let groups = answers.groups.completed(by: broker.groups)
            let keys = answers.keys.completed(by: broker.keys)
            guard groups != broker.groups || keys != broker.keys else { return }
            check(groups: groups, keys: keys)
        }
    }

    func adoptAdministrators() {
        administrators = Administrators(
            ownUserID: broker.identity.userID,
            names: broker.configuration.settings.administrators,
            groups: broker.groups
        )
    }

    /// Arms the timer for the next removal after a linger.
    ///
    /// To be called after whatever may have moved it.
    func armTimer() {
        let due = broker.nextDeadline
        guard due != deadline?.due else { return }
        if let deadline { loop.cancel(deadline.timer) }
        deadline = nil
        guard let due else { return }
        let timer = loop.schedule(after: max(.zero, due - broker.monotonicTime)) { [self] in
            deadline = nil
            broker.expire()
            armTimer()
        }
        deadline = (due, timer)
    }
}
