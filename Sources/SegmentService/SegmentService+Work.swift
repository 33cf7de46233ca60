import EventLoop
import SegmentBroker

/// Long commands of the broker and the leases of clients that have gone, in slices between which requests are served.
extension SegmentService {
    /// Does what `work` returns, which is called when its turn comes.
    func perform(_ work: @escaping () -> BrokerWork, then completion: @escaping (BrokerWork) -> Void) {
        pending.append((work, completion))
        guard !isWorking else { return }
        isWorking = true
        beginWork()
    }

    /// Leaves undone what is left.
    func dropWork() { pending = [] }

    private func beginWork() {
        guard let (work, completion) = pending.first else {
            isWorking = false
            return
        }
        pending.removeFirst()
        runSlice(of: work(), completion)
    }

    /// At most 5 ms and one step more; a step that took longer is followed by as long a rest.
    ///
    /// Who connects and asks needs several passes of the event loop, and does not wait for a step in each.
    private func runSlice(of work: BrokerWork, _ completion: @escaping (BrokerWork) -> Void) {
        guard !isStopped else { return }
        let end = broker.monotonicTime + .milliseconds(5)
        while work.advance() {
            let over = broker.monotonicTime - end
            guard over < .zero else {
                armTimer()
                return later(min(over, Self.longestRest)) { $0.runSlice(of: work, completion) }
            }
        }
        completion(work)
        if pending.isEmpty { isWorking = false } else { later { $0.beginWork() } }
    }

    /// Ends the leases of a client that has gone: a few at once, many in slices, because each is told to every
    /// subscriber.
    func giveBack(_ session: Session) {
        if session.holder.leaseCount <= Self.few {
            broker.disconnected(session.holder)
            armTimer()
        } else {
            leaving.append(session.holder)
            if leaving.count == 1 { endLeases() }
        }
    }

    /// For at most 1 ms.
    private func endLeases() {
        guard !isStopped else { return }
        let end = broker.monotonicTime + .milliseconds(1)
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

    /// Once the event loop has looked at its sockets: by a timer that is not due yet when it has run what is.
    private func later(_ rest: Duration = .zero, _ body: @escaping (SegmentService) -> Void) {
        loop.schedule(after: max(.microseconds(100), rest)) { [self] in body(self) }
    }

    private static var longestRest: Duration { .milliseconds(100) }
}
