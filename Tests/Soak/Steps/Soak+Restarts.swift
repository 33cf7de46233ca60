import Glibc
import SegmentTestSupport

extension Soak {
    /// Restarts the daemon while clients are working, who must not notice.
    func restart(_ signal: Int32) throws {
        let isKill = signal == SIGKILL
        trace.record(
            "the daemon is \(isKill ? "killed" : "restarted")",
            count: isKill ? "daemons killed" : "daemons restarted"
        )
        let busy = try askEverybody()
        try bounceDaemon(signal)
        for (client, name, line) in busy {
            try expectAnswer("ok", of: client, to: line)
            if let name { model.attach(name, by: client) }
        }
        model.restart()
        try askAgain()
    }

    /// Stops and starts the daemon: the start creates what the stop removed or marked.
    func stopAndStart() throws {
        trace.record("the daemon is stopped and started", count: "daemons stopped")
        let marked = model.names { !$0.users.isEmpty && $0.declaration?.keep == .untilStop }
        let before = model
        try bounce(SIGTERM)
        for name in marked {
            let users = before.segments[name]?.users.keys.sorted() ?? []
            for user in users { try expect("ok", of: user, question(name)) }
            for user in users { try expect("ok", of: user, "release \(name)") }
            model.change(name) { $0.remove() }
        }
        model.stop()
        model.restart()
    }

    /// Kills a client while the daemon is down.
    func killBoth() throws {
        guard let client = someClient else { return }
        trace.record("the daemon is killed", count: "daemons killed")
        try endDaemon(SIGKILL)
        try endClient(client, byKill: true)
        try daemon.start()
        try askAgain()
        model.restart()
        // Whether a start creates what it has just removed is not tested here.
        try reload()
    }

    /// Ends and starts the daemon, and makes clients reacquire their leases.
    func bounce(_ signal: Int32) throws {
        try bounceDaemon(signal)
        try askAgain()
    }

    private func bounceDaemon(_ signal: Int32) throws {
        try endDaemon(signal)
        try daemon.start()
    }

    private func askAgain() throws {
        for client in clients.keys.sorted() { try expect("ok", of: client, "again") }
    }

    /// Asks each client to do something, without waiting; returns what each one attaches.
    private func askEverybody() throws -> [(client: Int, attached: String?, line: String)] {
        var busy: [(client: Int, attached: String?, line: String)] = []
        for client in clients.keys.sorted() {
            let used = random.choose(model.names { $0.users[client] != nil })
            let unused = random.choose(model.names { $0.users[client] == nil && $0.life != .draining })
            let line: String
            var attached: String?
            if let unused, used == nil || random.once(in: 2) {
                line = "attach \(unused)"
                attached = unused
            } else if let used {
                line = question(used)
            } else {
                continue
            }
            clients[client]?.ask(line)
            busy.append((client, attached, line))
        }
        return busy
    }
}
