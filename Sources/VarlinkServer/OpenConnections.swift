/// The connections of a server; never leaves its event loop.
final class OpenConnections {
    private var connections: [ObjectIdentifier: VarlinkConnection] = [:]

    func add(_ connection: VarlinkConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: VarlinkConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    func closeAll() {
        for connection in connections.values { connection.close() }
    }
}
