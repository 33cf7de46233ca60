import EventLoop
import POSIX
import SegmentService
import Systemd

extension Announcements {
    /// In the words of sd_notify(3); what the service manager has no room for is told as soon as it has.
    init(_ manager: any ServiceManager, _ loop: EventLoop) {
        let teller = Teller(manager, loop)
        self.init(
            reloading: {
                let time = UInt64(clamping: KernelClock.monotonic.microseconds)
                teller.tell([.reloading(at: time), .status("Reloading")])
            },
            ready: { teller.tell([.ready, .status($0)]) },
            status: { teller.tell([.status($0)]) },
            alive: { teller.tell([.watchdog]) }
        )
    }

}

/// Tells the service manager, and tries again while something is untold.
private final class Teller {
    private let manager: any ServiceManager
    private let loop: EventLoop
    private var isRetrying = false

    init(_ manager: any ServiceManager, _ loop: EventLoop) {
        self.manager = manager
        self.loop = loop
    }

    func tell(_ states: [ServiceState]) {
        guard !manager.tell(states), !isRetrying else { return }
        isRetrying = true
        loop.schedule(after: .milliseconds(100), slack: .milliseconds(20)) { [self] in
            isRetrying = false
            tell([])
        }
    }
}
