import NIOCore
import SegmentBroker
import SegmentService
import Systemd

extension Announcements {
    /// In the words of sd_notify(3); what the service manager has no room for is told as soon as it has.
    ///
    /// To be called on the event loop.
    init(_ manager: any ServiceManager, _ eventLoop: any EventLoop) {
        let teller = NIOLoopBound(Teller(manager, eventLoop), eventLoop: eventLoop)
        self.init(
            reloading: {
                teller.value.tell([.reloading(at: Self.monotonicMicroseconds), .status("Reloading")])
            },
            ready: { teller.value.tell([.ready, .status($0)]) },
            status: { teller.value.tell([.status($0)]) },
            alive: { teller.value.tell([.watchdog]) }
        )
    }

    private static var monotonicMicroseconds: UInt64 {
        let (seconds, attoseconds) = SystemClock().monotonic().components
        return UInt64(seconds) * 1_000_000 + UInt64(attoseconds / 1_000_000_000_000)
    }
}

/// Tells the service manager, and tries again while something is untold.
private final class Teller {
    private let manager: any ServiceManager
    private let eventLoop: any EventLoop
    private var isRetrying = false

    init(_ manager: any ServiceManager, _ eventLoop: any EventLoop) {
        self.manager = manager
        self.eventLoop = eventLoop
    }

    func tell(_ states: [ServiceState]) {
        guard !manager.tell(states), !isRetrying else { return }
        isRetrying = true
        let teller = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(100)) {
            let teller = teller.value
            teller.isRetrying = false
            teller.tell([])
        }
    }
}
