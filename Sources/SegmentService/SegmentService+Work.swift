import EventLoop
import SegmentBroker

/// Long commands of the broker, and the leases of disconnected clients, in slices with requests served in
/// between.
extension SegmentService {
    /// Queues work: `work` is called when its turn comes, and what it returns is run.
    func enqueue(_ work: @escaping () -> BrokerWork, then completion: @escaping (BrokerWork) -> Void) {
        pending.append((work, completion))
        guard !isWorking else { return }
        isWorking = true
        beginWork()
    }

    /// Drops the queued work.
    func dropWork() { pending = [] }

    private func beginWork() {
        guard let (work, completion) = pending.first else {
            isWorking = false
            return
        }
        pending.removeFirst()
        runSlice(of: work(), completion)
    }

    /// Runs work for at most 5 ms plus one step; a longer step is followed by a rest as long as it overran.
    ///
    /// A client that connects and calls takes several turns of the loop, and must not wait for a step in
    /// each.
    private func runSlice(of work: BrokerWork, _ completion: @escaping (BrokerWork) -> Void) {
        guard !isStopped else { return }
        let end = broker.monotonicTime + .milliseconds(5)
        while work.advance() {
            let over = broker.monotonicTime - end
            guard over < .zero else {
                armTimer()
                return later(min(over, Self.longestPause)) { $0.runSlice(of: work, completion) }
            }
        }
        completion(work)
        if pending.isEmpty { isWorking = false } else { later { $0.beginWork() } }
    }

    /// Ends the leases of a disconnected client: a few at once, many in slices, because each is an event for
    /// every subscriber.
    func releaseLeases(of session: Session) {
        if session.holder.leaseCount <= Self.few {
            broker.disconnected(session.holder)
            armTimer()
        } else {
            leaving.append(session.holder)
            if leaving.count == 1 { endLeases() }
        }
    }

    /// Ends leases for at most 10 µs plus one, so that a slice is not longer than a few calls of other clients.
    private func endLeases() {
        guard !isStopped else { return }
        let end = broker.monotonicTime + .microseconds(10)
        while let holder = leaving.first {
            if !broker.endLease(of: holder) {
                leaving.removeFirst()
            } else if broker.monotonicTime >= end {
                later { $0.endLeases() }
                break
            }
        }
        armTimer()
    }

    private static var few: Int { 16 }

    /// Calls `body` once the event loop has polled its sockets: by a timer not yet due when the current
    /// timers have run.
    private func later(_ pause: Duration = .zero, _ body: @escaping (SegmentService) -> Void) {
        loop.schedule(after: max(.microseconds(100), pause)) { [self] in body(self) }
    }

    private static var longestPause: Duration { .milliseconds(100) }
}
