import NIOCore
import SegmentBroker

/// Long commands of the broker, one after another, in slices between which requests are served.
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
                settle()
                return later(min(over, Self.longestRest)) { $0.runSlice(of: work, completion) }
            }
        }
        completion(work)
        if pending.isEmpty { isWorking = false } else { later { $0.beginWork() } }
    }

    /// Once the event loop has looked at its sockets: by a timer that is not due yet when it has run what is.
    private func later(_ rest: Duration = .zero, _ body: @escaping (SegmentService) -> Void) {
        let service = NIOLoopBound((self, body), eventLoop: eventLoop)
        let delay = max(.microseconds(100), TimeAmount(rest))
        eventLoop.scheduleTask(in: delay) { service.value.1(service.value.0) }
    }

    private static var longestRest: Duration { .milliseconds(100) }
}
