/// What the service tells whoever started the daemon; sd_notify(3).
package struct Announcements {
    /// A reload begins.
    package var reloading: () -> Void
    /// A reload is over, with what became of it.
    package var ready: (_ status: String) -> Void
    package var status: (String) -> Void
    /// The service is at work.
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
