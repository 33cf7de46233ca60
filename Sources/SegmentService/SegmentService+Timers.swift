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
        check?.cancel()
        deadline?.timer.cancel()
    }

    func checkNow() {
        announcements.alive()
        broker.check(groups: broker.groups)
        broker.expire()
        settle()
        announceStatus()
        lookUpGroups()
    }

    /// The name service may hang, so it is asked elsewhere; what has changed is put in force when it answers.
    private func lookUpGroups() {
        let names = broker.configuration.groupNames
        guard !names.isEmpty else { return }
        let service = NIOLoopBound(self, eventLoop: eventLoop)
        let groups = source.groups
        worker.run(on: eventLoop, { groups(names) }) { table in
            let service = service.value
            guard table != service.broker.groups, names == service.broker.configuration.groupNames else {
                return
            }
            service.broker.check(groups: table)
            service.adoptAdministrators()
            service.settle()
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
