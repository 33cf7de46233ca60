import Glibc

/// Who calls as fast as the daemon answers.
enum Floods {
    /// 200 connections with a thousand calls under way on each.
    static func pipeline(_ path: String) -> Never {
        let connections = EnemyConnection.many(200, path)
        let calls = Message.repeated(Message.ping, 1000)
        Enemy.begun()
        while true {
            for connection in connections {
                connection.skip()
                connection.send(calls)
            }
        }
    }

    /// 1000 connections with one call each under way.
    static func callFromEverywhere(_ path: String) -> Never {
        let connections = EnemyConnection.many(1000, path)
        Enemy.begun()
        while true {
            for connection in connections {
                connection.skip()
                connection.send(Message.ping, waiting: false)
            }
        }
    }
}
