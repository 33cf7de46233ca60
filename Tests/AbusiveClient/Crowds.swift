import Glibc
import SegmentTestSupport

/// Many connections.
enum Crowds {
    /// 20,000 connections, of which 1024 may stay; exits with 0 if each of the others got the limit as an
    /// error and was closed.
    static func connect(_ path: String) -> Never {
        AbusiveClient.reportReady()
        var kept: [AbusiveConnection] = []
        for _ in 0..<20_000 {
            guard let connection = AbusiveConnection(path) else { exit(1) }
            guard kept.count >= 1024 else {
                kept.append(connection)
                continue
            }
            guard let said = connection.receive(upTo: .max),
                String(decoding: said, as: UTF8.self).contains(#"LimitReached","parameters":{"limit":"#)
            else { exit(1) }
            connection.close()
        }
        exit(0)
    }

    /// Connects and closes in a loop, in several threads; if `calling`, with a call in between whose reply is
    /// not awaited.
    static func pass(_ path: String, threads: Int = 1, calling: Bool = false) -> Never {
        let passing = (0..<threads).map { _ in
            Thread {
                while let connection = AbusiveConnection(path) {
                    if calling { connection.send(Message.ping, waiting: false) }
                    connection.close()
                }
            }
        }
        AbusiveClient.reportReady()
        for thread in passing { try? thread.value() }
        exit(1)
    }

    /// Opens and holds as many connections as the daemon accepts.
    static func stay(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        AbusiveClient.reportReady()
        while true {
            connections.forEach { $0.skip() }
            sleep(1)
        }
    }

    /// One connection with leases, inherited by 100 child processes that stay.
    static func fork(_ path: String) -> Never {
        // A process group, by which the children can be found.
        setsid()
        guard let connection = AbusiveConnection(path) else { exit(1) }
        for _ in 0..<42 { connection.acquire(100) }
        for _ in 0..<100 where inChild() { while true { sleep(1) } }
        AbusiveClient.reportReady()
        while true { sleep(1) }
    }

    /// Acquires all leases that a user may have and loses them with the connection, in a loop.
    static func cycleLeases(_ path: String) -> Never {
        AbusiveClient.reportReady()
        while let connection = AbusiveConnection(path) {
            for _ in 0..<41 { connection.acquire(100) }
            connection.close()
        }
        exit(1)
    }

    /// Does the same with all subscriptions that a user may have, each of which gets an event for each lease.
    static func cycleLeasesBesideSubscriptions(_ path: String) -> Never {
        let subscribers = AbusiveConnection.many(32, path)
        for subscriber in subscribers { subscriber.send(Message.subscribe) }
        _ = Thread {
            while true {
                for subscriber in subscribers { subscriber.skip() }
                usleep(1000)
            }
        }
        cycleLeases(path)
    }

    /// fork(2), which Swift does not export.
    private static func inChild() -> Bool {
        typealias Fork = @convention(c) () -> pid_t
        guard let symbol = dlsym(nil, "fork") else { exit(1) }
        return unsafeBitCast(symbol, to: Fork.self)() == 0
    }
}
