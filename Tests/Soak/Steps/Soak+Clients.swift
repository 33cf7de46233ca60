import SegmentTestSupport

extension Soak {
    private static let mostClients = 8

    func startClient() throws {
        guard clients.count < Self.mostClients else { return }
        lastClient += 1
        trace.record("client \(lastClient) starts", count: "clients")
        clients[lastClient] = try ClientProcess(socket: daemon.socket)
        try expect("ok", of: lastClient, "again")
    }

    func attachSomething() throws {
        guard let client = someClient, let name = random.choose(model.names { $0.users[client] == nil })
        else {
            return
        }
        trace.record("client \(client) attaches \(name)", count: "attaches")
        guard model.segments[name]?.life != .draining else {
            return try expect("removing", of: client, "attach \(name)")
        }
        try expect("ok", of: client, "attach \(name)")
        model.attach(name, by: client)
    }

    func writeSomething() throws {
        guard let (client, name) = someUse else { return }
        let content = UInt64.random(in: 0...1_000_000, using: &random)
        trace.record("client \(client) writes \(content) to \(name)", count: "writes")
        try expect("ok", of: client, "write \(name) \(content)")
        model.change(name) { $0.content = content }
    }

    func readSomething() throws {
        guard let (client, name) = someUse else { return }
        trace.record("client \(client) reads \(name)", count: "reads")
        try expect("ok", of: client, question(name))
    }

    func releaseSomething() throws {
        guard let (client, name) = someUse else { return }
        trace.record("client \(client) releases \(name)", count: "releases")
        try expect("ok", of: client, "release \(name)")
        model.detach(name, by: client)
    }

    func endSomeClient(byKill: Bool) throws {
        guard let client = someClient else { return }
        try endClient(client, byKill: byKill)
    }

    func endClient(_ number: Int, byKill: Bool) throws {
        guard let client = clients.removeValue(forKey: number) else { return }
        trace.record(
            "client \(number) \(byKill ? "is killed" : "ends")",
            count: byKill ? "clients killed" : "ends"
        )
        if byKill { client.kill() } else { client.end() }
        model.end(number)
    }

    var someClient: Int? { random.choose(clients.keys.sorted()) }

    /// A random client with an attached segment.
    private var someUse: (client: Int, name: String)? {
        guard let name = random.choose(model.names { !$0.users.isEmpty }),
            let client = random.choose(model.segments[name]?.users.keys.sorted() ?? [])
        else { return nil }
        return (client, name)
    }

    /// Returns the question to a client about the contents of a segment.
    func question(_ name: String) -> String {
        "read \(name)" + (model.segments[name]?.content.map { " \($0)" } ?? "")
    }

    func expect(_ expected: String, of client: Int, _ line: String) throws {
        guard let process = clients[client] else { return }
        process.ask(line)
        try expectAnswer(expected, of: client, to: line)
    }

    func expectAnswer(_ expected: String, of client: Int, to line: String) throws {
        let answer = clients[client]?.answer()
        guard answer == expected else {
            throw Surprise(
                "client \(client) answers \"\(line)\" with \"\(answer ?? "")\", not \"\(expected)\""
            )
        }
    }
}
