import EventLoop
import POSIX
import SegmentService
import Systemd

extension ServiceNotifications {
    /// Sends notifications by sd_notify(3), and retries while the service manager has no room for them.
    init(_ manager: any ServiceManager, _ loop: EventLoop) {
        let notifier = Notifier(manager, loop)
        self.init(
            reloading: {
                let time = UInt64(clamping: KernelClock.monotonic.microseconds)
                notifier.tell([.reloading(at: time), .status("Reloading")])
            },
            ready: { notifier.tell([.ready, .status($0)]) },
            status: { notifier.tell([.status($0)]) },
            alive: { notifier.tell([.watchdog]) }
        )
    }
}

/// Notifies the service manager, and retries while states are unsent.
private final class Notifier {
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
