import EventLoop
import Logging
import SegmentBroker
import SegmentModel

extension SegmentService {
    /// Looks every `period` for changes that cause no event, and pings the watchdog.
    package func startChecking(every period: Duration) {
        // A second of slack lets an idle machine wake up less often.
        checkTimer = loop.schedule(after: period, slack: min(.seconds(1), period / 10)) { [self] in
            startChecking(every: period)
            checkNow()
        }
    }

    package func stop() {
        isStopped = true
        // The end of each lease would be an event for each subscriber, none of which would still be sent.
        broker.onEvent = nil
        for timer in [checkTimer, deadline?.timer] { if let timer { loop.cancel(timer) } }
        dropWork()
    }

    func checkNow() {
        notifications.alive()
        broker.expire()
        armTimer()
        notifyStatus()
        checks &+= 1
        // Each lookup wakes another thread, so lookups that may be a minute late run once a minute.
        let isMinute = checks % 4 == 0
        if isMinute { checkSocket() }
        // Skip the check while an earlier one is still running.
        guard startup == .over, !isWorking else { return }
        checkSegments(groups: broker.groups, keys: broker.keys)
        if isMinute || isAnswerDue { lookUpAgain() }
    }

    /// Checks the socket's path, and reports once when new clients cannot find the socket and once when they
    /// can again.
    private func checkSocket() {
        external.files.run(on: loop, limit: external.reload.files, socketProblem) { [self] answer in
            guard let problem = answer, problem != socketGone else { return }
            socketGone = problem
            if let problem {
                let remedy = problem.remedy.map { "; \($0)" } ?? ""
                report(.warning, .socketGone, "The broker is running, but \(problem.message)\(remedy)")
            } else {
                report(.notice, .hostRecovered, "The broker's socket is back at its path")
            }
            notifyStatus()
        }
    }

    private func checkSegments(groups: GroupTable, keys: KeyTable) {
        enqueue { [self] in
            broker.checking(groups: groups, keys: keys)
        } then: { [self] _ in
            adoptAdministrators()
            armTimer()
            notifyStatus()
        }
    }

    /// Whether an answer could change which segments are blocked, or anyone's rights.
    ///
    /// A file whose inode no longer matches its key is reported within a minute: lookups wake other threads.
    private var isAnswerDue: Bool {
        broker.blockedCount > 0 || !questions.groups.isEmpty
            || broker.keys.lookups.values.contains { if case .found = $0 { false } else { true } }
    }

    /// Repeats the lookups, which may hang; changed answers take effect when they arrive.
    private func lookUpAgain() {
        guard !isLookingUp else { return }
        isLookingUp = true
        let loaded = reloads
        external.lookUp(questions, on: loop, limits: external.reload) { [self] answers in
            isLookingUp = false
            guard loaded == reloads, !isStopped else { return }
            adopt(answers.ownGroup)
            let groups = answers.groups.completed(by: broker.groups)
            let keys = answers.keys.completed(by: broker.keys)
            guard groups != broker.groups || keys != broker.keys else { return }
            checkSegments(groups: groups, keys: keys)
        }
    }

    func adoptAdministrators() {
        administrators = Administrators(
            ownUserID: broker.identity.userID,
            names: broker.configuration.settings.administrators,
            groups: broker.groups
        )
    }

    /// Arms the timer for the next removal after a linger; call after anything that may have moved it.
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
