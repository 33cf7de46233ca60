import Logging
import NIOCore
import SegmentBroker
import SegmentModel

extension SegmentService {
    /// Looks for changes that nobody tells of, and tells the service manager that the loop turns, every `period`.
    package func startChecking(every period: Duration) {
        let service = NIOLoopBound(self, eventLoop: eventLoop)
        let delay = TimeAmount(period)
        check = eventLoop.scheduleRepeatedTask(initialDelay: delay, delay: delay) { _ in
            service.value.checkNow()
        }
    }

    package func stopChecking() {
        isStopped = true
        check?.cancel()
        deadline?.timer.cancel()
        dropWork()
    }

    func checkNow() {
        announcements.alive()
        broker.expire()
        settle()
        announceStatus()
        checks &+= 1
        // Each question wakes another thread up: what is told of within a minute is asked once in a minute.
        let isMinute = checks % 4 == 0
        if isMinute { lookAtSocket() }
        // Who has not done with the last one has no time for another.
        guard !isStarting, !isWorking else { return }
        check(groups: broker.groups, keys: broker.keys)
        if isMinute || isAnswerDue { askAgain() }
    }

    /// Tells once that no new client finds the socket, and once that they do again.
    private func lookAtSocket() {
        let service = NIOLoopBound(self, eventLoop: eventLoop)
        worlds.files.run(on: eventLoop, limit: worlds.reload.files, socketProblem) { answer in
            let service = service.value
            guard let problem = answer, problem != service.socketGone else { return }
            service.socketGone = problem
            if let problem {
                let remedy = problem.remedy.map { "; \($0)" } ?? ""
                service.report(.warning, .socketGone, "The broker serves, but \(problem.message)\(remedy)")
            } else {
                service.report(.notice, .hostRecovered, "The broker's socket is at its path again")
            }
            service.announceStatus()
        }
    }

    private func check(groups: GroupTable, keys: KeyTable) {
        perform { [self] in
            broker.checking(groups: groups, keys: keys)
        } then: { [self] _ in
            adoptAdministrators()
            settle()
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
        let service = NIOLoopBound(self, eventLoop: eventLoop)
        let (asked, loaded) = (questions, reloads)
        worlds.answer(asked, on: eventLoop, limits: worlds.reload) { answers in
            let service = service.value
            service.isAsking = false
            guard loaded == service.reloads, !service.isStopped else { return }
            service.adopt(answers.ownGroup)
            let groups = answers.groups.completed(by: service.broker.groups)
            let keys = answers.keys.completed(by: service.broker.keys)
            guard groups != service.broker.groups || keys != service.broker.keys else { return }
            service.check(groups: groups, keys: keys)
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
    func settle() {
        let due = broker.nextDeadline
        guard due != deadline?.due else { return }
        deadline?.timer.cancel()
        deadline = nil
        guard let due else { return }
        let service = NIOLoopBound(self, eventLoop: eventLoop)
        let delay = due - broker.monotonicTime
        deadline = (
            due,
            eventLoop.scheduleTask(in: max(.zero, TimeAmount(delay))) {
                let service = service.value
                service.deadline = nil
                service.broker.expire()
                service.settle()
            }
        )
    }
}
