package import EventLoop
import Synchronization
import Threads

/// Questions to a world that may not answer, each asked by one thread at a time only.
///
/// One thread asks them one after another. Where it is held up, the next is started and takes over; threads are few, and
/// those that are held up are never waited for. Questions akin to one that holds a thread up, such as files of the same
/// file system, come last, and take at most half of the threads.
package final class Lookups<Subject: Hashable & Sendable, Answer: Sendable>: Sendable {
    private let threads: Int
    private let answer: @Sendable (Subject) -> Answer
    private let kin: @Sendable (Subject) -> Subject?
    private let state = Mutex(State())

    private struct State {
        var waiting: ArraySlice<Subject> = []
        /// Akin to what was being asked when their turn came.
        var suspected: ArraySlice<Subject> = []
        var asking: Set<Subject> = []
        var runners = 0
        /// How many have been answered.
        var progress = 0
        var requests: [Int: Request] = [:]
        var lastRequest = 0
    }

    private struct Request {
        var missing: Set<Subject>
        var answers: [Subject: Answer] = [:]
        var end: @Sendable () -> Void
    }

    package init(
        threads: Int,
        kin: @escaping @Sendable (Subject) -> Subject? = { _ in nil },
        answer: @escaping @Sendable (Subject) -> Answer
    ) {
        self.threads = threads
        self.answer = answer
        self.kin = kin
    }

    /// Hands all answers to `completion` on the loop, or those that came within the time limit.
    package func ask(
        _ subjects: Set<Subject>,
        limit: Duration,
        on loop: EventLoop,
        then completion: @escaping ([Subject: Answer]) -> Void
    ) {
        guard !subjects.isEmpty else { return completion([:]) }
        let number = state.withLock { state in
            state.lastRequest += 1
            return state.lastRequest
        }
        let timers = RequestTimers()
        let end = { [self] in
            guard let answers = finish(number) else { return }
            for timer in [timers.limit, timers.watch] { if let timer { loop.cancel(timer) } }
            completion(answers)
        }
        let expected = loop.expect { (_: Void) in end() }
        timers.limit = loop.schedule(after: limit) {
            loop.forget(expected)
            end()
        }
        state.withLock { state in
            state.requests[number] = Request(missing: subjects) { expected.send(()) }
            let known = state.asking.union(state.waiting).union(state.suspected)
            state.waiting += known.isEmpty ? subjects : subjects.subtracting(known)
        }
        addRunner(isFirst: true)
        watch(timers, on: loop)
    }

    /// What a request waits with; both are cancelled when it is over.
    private final class RequestTimers {
        var limit: EventLoop.ScheduledTimer?
        var watch: EventLoop.ScheduledTimer?
    }

    /// Adds a thread whenever those there are do not get on for a tenth of a second.
    private func watch(_ timers: RequestTimers, since last: Int = -1, on loop: EventLoop) {
        timers.watch = loop.schedule(after: .milliseconds(100)) { [self] in
            let progress = state.withLock { $0.progress }
            if progress == last { addRunner() }
            watch(timers, since: progress, on: loop)
        }
    }

    /// Nil where it has ended already.
    private func finish(_ number: Int) -> [Subject: Answer]? {
        state.withLock { state in
            guard let request = state.requests.removeValue(forKey: number) else { return nil }
            if state.requests.isEmpty { (state.waiting, state.suspected) = ([], []) }
            return request.answers
        }
    }

    private func addRunner(isFirst: Bool = false) {
        let isNeeded = state.withLock { state in
            guard isFirst ? state.runners == 0 : state.runners < threads,
                !state.waiting.isEmpty || !state.suspected.isEmpty
            else { return false }
            state.runners += 1
            return true
        }
        guard isNeeded else { return }
        if !DetachedThread.start(run) {
            // It is tried again while the others do not get on.
            state.withLock { $0.runners -= 1 }
        }
    }

    private func run() {
        while let subject = take() { settle(subject, answer(subject)) }
    }

    private func take() -> Subject? {
        state.withLock { state in
            let akin = Set(state.asking.compactMap(kin))
            while let subject = state.waiting.popFirst() {
                guard !akin.isEmpty, let kin = kin(subject), akin.contains(kin) else {
                    state.asking.insert(subject)
                    return subject
                }
                state.suspected.append(subject)
            }
            if state.asking.count < max(1, threads / 2), let subject = state.suspected.popFirst() {
                state.asking.insert(subject)
                return subject
            }
            state.runners -= 1
            return nil
        }
    }

    private func settle(_ subject: Subject, _ answer: Answer) {
        let ended = state.withLock { state in
            state.asking.remove(subject)
            state.progress &+= 1
            var ended: [@Sendable () -> Void] = []
            for number in Array(state.requests.keys)
            where state.requests[number]?.missing.remove(subject) != nil {
                state.requests[number]?.answers[subject] = answer
                if let request = state.requests[number], request.missing.isEmpty { ended.append(request.end) }
            }
            return ended
        }
        for end in ended { end() }
    }
}
