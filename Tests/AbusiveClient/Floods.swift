import Glibc
import SegmentTestSupport

/// Clients that call as fast as the daemon answers.
enum Floods {
    /// 200 connections with a thousand calls under way on each.
    static func pipeline(_ path: String) -> Never {
        let connections = AbusiveConnection.many(200, path)
        let calls = Message.repeated(Message.ping, 1000)
        AbusiveClient.reportReady()
        while true {
            for connection in connections {
                connection.skip()
                connection.send(calls)
            }
        }
    }

    /// 1000 connections with one call each under way.
    static func callFromEverywhere(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        AbusiveClient.reportReady()
        while true {
            for connection in connections {
                connection.skip()
                connection.send(Message.ping, waiting: false)
            }
        }
    }

    /// 1000 connections with messages that grow by a byte at a time and never end, from several threads at
    /// once.
    static func sendBytes(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        let threads = (0..<4).map { first in
            Thread {
                while true {
                    for index in stride(from: first, to: connections.count, by: 4) {
                        connections[index].send([0x79], waiting: false)
                    }
                }
            }
        }
        AbusiveClient.reportReady()
        for thread in threads { try? thread.value() }
        exit(1)
    }
}
