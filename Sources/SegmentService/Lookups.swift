package import EventLoop
import POSIX
import Synchronization
import SystemPackage

/// Looks up answers from services that may hang; each subject is looked up by one thread at a time.
///
/// One thread takes subject after subject. If it is held up, another takes over, up to a fixed number;
/// threads that are held up are never waited for. Subjects related to one that holds up a thread, such as
/// files on the same file system, come last and get at most half of the threads.
package final class Lookups<Subject: Hashable & Sendable, Answer: Sendable>: Sendable {
    private let threads: Int
    private let answer: @Sendable (Subject) -> Answer
    private let kinship: @Sendable () -> Kin
    private let state = Mutex(State())

    /// Returns what a subject depends on: a subject that hangs makes others with the same dependency suspect.
    package typealias Kin = @Sendable (Subject) -> Subject?

    private struct State {
        var waiting: ArraySlice<Subject> = []
        /// Subjects related to one being looked up at the time they were taken from `waiting`.
        var suspected: ArraySlice<Subject> = []
        var asking: Set<Subject> = []
        var runners = 0
        /// The number of answers so far.
        var progress = 0
        var requests: [Int: Request] = [:]
        var lastRequest = 0
        /// The requests that wait for each subject, whether it is waiting or being looked up.
        var askers: [Subject: Set<Int>] = [:]
        /// As of the last time a thread was held up.
        var kin: Kin?

        func kin(of subject: Subject) -> Subject? { kin?(subject) }
    }

    private struct Request {
        var missing: Set<Subject>
        var answers: [Subject: Answer] = [:]
        var end: @Sendable () -> Void
    }

    /// Creates an instance; `kinship` is called by each thread that starts because others are held up.
    package init(
        threads: Int,
        kinship: @escaping @Sendable () -> Kin = { { _ in nil } },
        answer: @escaping @Sendable (Subject) -> Answer
    ) {
        self.threads = threads
        self.answer = answer
        self.kinship = kinship
    }

    /// Passes all answers to `completion` on the loop, or those that arrived within the time limit.
    package func lookUp(
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
            state.askers.reserveCapacity(state.askers.count + subjects.count)
            for subject in subjects {
                // No subject is looked up twice at the same time.
                if state.askers[subject] == nil, !state.asking.contains(subject) {
                    state.waiting.append(subject)
                }
                state.askers[subject, default: []].insert(number)
            }
        }
        addRunner(isFirst: true)
        watch(timers, on: loop)
    }

    /// The timers of a request; both are cancelled when it ends.
    private final class RequestTimers {
        var limit: EventLoop.ScheduledTimer?
        var watch: EventLoop.ScheduledTimer?
    }

    /// Adds a thread whenever the existing ones make no progress for a tenth of a second.
    private func watch(_ timers: RequestTimers, since last: Int = -1, on loop: EventLoop) {
        timers.watch = loop.schedule(after: .milliseconds(100)) { [self] in
            let progress = state.withLock { $0.progress }
            if progress == last { addRunner() }
            watch(timers, since: progress, on: loop)
        }
    }

    /// Ends a request and returns its answers; nil if it has already ended.
    private func finish(_ number: Int) -> [Subject: Answer]? {
        state.withLock { state in
            guard let request = state.requests.removeValue(forKey: number) else { return nil }
            if state.requests.isEmpty {
                (state.waiting, state.suspected, state.askers) = ([], [], [:])
            } else {
                for subject in request.missing { state.askers[subject]?.remove(number) }
            }
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
        do throws(Errno) { try Thread.detach { [self] in run(isFirst: isFirst) } } catch {
            // Out of threads; `watch` tries again while there is no progress.
            state.withLock { $0.runners -= 1 }
        }
    }

    private func run(isFirst: Bool) {
        if !isFirst {
            let kin = kinship()
            state.withLock { $0.kin = kin }
        }
        while let subject = take() { deliver(subject, answer(subject)) }
    }

    private func take() -> Subject? {
        state.withLock { state in
            let akin = Set(state.asking.compactMap(state.kin(of:)))
            while let subject = state.waiting.popFirst() {
                guard !akin.isEmpty, let kin = state.kin(of: subject), akin.contains(kin) else {
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

    private func deliver(_ subject: Subject, _ answer: Answer) {
        let ended = state.withLock { state in
            state.asking.remove(subject)
            state.progress &+= 1
            var ended: [@Sendable () -> Void] = []
            for number in state.askers.removeValue(forKey: subject) ?? [] {
                state.requests[number]?.missing.remove(subject)
                state.requests[number]?.answers[subject] = answer
                if let request = state.requests[number], request.missing.isEmpty { ended.append(request.end) }
            }
            return ended
        }
        for end in ended { end() }
    }
}
