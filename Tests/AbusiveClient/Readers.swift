import Glibc
import SegmentTestSupport

/// Clients that do not read.
enum Readers {
    /// 1000 subscribers, and a client that makes changes.
    static func subscribe(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        for connection in connections { connection.send(Message.subscribe) }
        guard let busy = AbusiveConnection(path) else { exit(1) }
        AbusiveClient.reportReady()
        cycleLeases(busy)
    }

    /// 1000 clients that request long replies, 2.5 MiB each.
    static func call(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        let calls = Message.repeated(Message.description, 500)
        for connection in connections { connection.send(calls, waiting: false) }
        AbusiveClient.reportReady()
        while true { sleep(1) }
    }

    /// One client that holds as many leases as it may, and 500 that request the list of them.
    static func describe(_ path: String) -> Never {
        guard let holder = AbusiveConnection(path) else { exit(1) }
        for _ in 0..<41 { holder.acquire(100) }
        let connections = AbusiveConnection.many(500, path)
        AbusiveClient.reportReady()
        while true {
            for connection in connections {
                connection.send(Message.describe, waiting: false)
                usleep(1000)
            }
        }
    }

    /// One client that holds as many leases as it may, and 1,000 that list all segments and read nothing.
    static func list(_ path: String) -> Never {
        guard let holder = AbusiveConnection(path) else { exit(1) }
        for _ in 0..<41 { holder.acquire(100) }
        for connection in AbusiveConnection.many(1000, path) { connection.send(Message.list, waiting: false) }
        AbusiveClient.reportReady()
        while true { sleep(1) }
    }

    /// Acquires and releases leases in a loop.
    static func cycleLeases(_ connection: AbusiveConnection) -> Never {
        while true {
            guard connection.send(Message.acquire), let reply = connection.receive(upTo: 1),
                let lease = number(in: reply)
            else { exit(1) }
            connection.send(
                Message.call("io.segmentd.Broker.Release", #""parameters":{"lease":"\#(lease)"}"#)
            )
            _ = connection.receive(upTo: 1)
        }
    }

    /// Returns the first number of a reply, which is its lease.
    private static func number(in reply: [UInt8]) -> Int? {
        Int(
            String(
                decoding: reply.drop { !(0x30...0x39).contains($0) }.prefix { (0x30...0x39).contains($0) },
                as: UTF8.self
            )
        )
    }

    /// Requests long replies on a connection to which no reply can be written, from several threads, so that
    /// there is always more to read.
    static func callUnhearing(_ path: String) -> Never {
        let connections = AbusiveConnection.many(2, path)
        for connection in connections { shutdown(connection.socket, Int32(SHUT_RD)) }
        let threads = connections.flatMap { connection in
            // The kernel does not split a short message among those of other threads.
            (0..<4).map { _ in Thread { while connection.send(Message.description) {} } }
        }
        AbusiveClient.reportReady()
        for thread in threads { try? thread.value() }
        exit(1)
    }
}
