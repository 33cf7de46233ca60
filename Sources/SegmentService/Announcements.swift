/// What the service tells whoever started the daemon; sd_notify(3).
package struct Announcements: Sendable {
    /// A reload begins.
    package var reloading: @Sendable () -> Void
    /// A reload is over, with what became of it.
    package var ready: @Sendable (_ status: String) -> Void
    package var status: @Sendable (String) -> Void
    /// The event loop turns.
    package var alive: @Sendable () -> Void

    package init(
        reloading: @escaping @Sendable () -> Void,
        ready: @escaping @Sendable (_ status: String) -> Void,
        status: @escaping @Sendable (String) -> Void,
        alive: @escaping @Sendable () -> Void
    ) {
        self.reloading = reloading
        self.ready = ready
        self.status = status
        self.alive = alive
    }
}
