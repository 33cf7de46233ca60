/// Notifications to the service manager; sd_notify(3).
package struct ServiceNotifications {
    /// A reload begins.
    package var reloading: () -> Void
    /// A start or reload is over, with the status line.
    package var ready: (_ status: String) -> Void
    package var status: (String) -> Void
    /// The service is alive: a watchdog ping.
    package var alive: () -> Void

    package init(
        reloading: @escaping () -> Void,
        ready: @escaping (_ status: String) -> Void,
        status: @escaping (String) -> Void,
        alive: @escaping () -> Void
    ) {
        self.reloading = reloading
        self.ready = ready
        self.status = status
        self.alive = alive
    }
}
