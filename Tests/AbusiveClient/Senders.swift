import Glibc
import SegmentTestSupport

/// Clients that send too slowly, too much, or something other than calls.
enum Senders {
    /// One byte per second on each of 1000 connections.
    static func sendSlowly(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        AbusiveClient.reportReady()
        for byte in Message.ping.dropLast() {
            for connection in connections { connection.send([byte], waiting: false) }
            sleep(1)
        }
        while true { sleep(1) }
    }

    /// Half a call, or a subscription, and then the end of input.
    static func closeHalf(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        for (index, connection) in connections.enumerated() {
            let message = index.isMultiple(of: 2) ? Message.subscribe : Array(Message.ping.dropLast(4))
            connection.send(message, waiting: false)
            connection.closeHalf()
        }
        AbusiveClient.reportReady()
        while true { sleep(1) }
    }

    /// A message just short of its end on each of 1000 connections.
    static func holdPartialMessages(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        let text = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20 - 1)
        AbusiveClient.reportReady()
        for connection in connections { connection.send(text) }
        while true { sleep(1) }
    }

    /// Messages of one GiB in a loop; each must be cut off long before its end.
    static func sendGibibyte(_ path: String) -> Never {
        AbusiveClient.reportReady()
        let text = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
        while let connection = AbusiveConnection(path) {
            var sent = 0
            while sent < 1024, connection.send(text) { sent += 1 }
            connection.close()
            guard sent < 16 else { exit(1) }
            usleep(10_000)
        }
        exit(1)
    }

    /// Calls of the maximum length, on connections that stay.
    static func sendLongMessages(_ path: String) -> Never {
        let connections = AbusiveConnection.many(1000, path)
        AbusiveClient.reportReady()
        let text = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20 - 200) + Message.ping
        for connection in connections { connection.send(text) }
        while true { sleep(1) }
    }

    /// Deeply nested brackets, as fast as the daemon accepts connections, which is slow under a sanitizer.
    static func nestDeeply(_ path: String) -> Never {
        let pause: UInt32 = Sanitizer.isPresent ? 20_000 : 1000
        AbusiveClient.reportReady()
        let text = [UInt8](repeating: UInt8(ascii: "["), count: 100_000) + [0]
        while let connection = AbusiveConnection(path) {
            connection.send(text)
            connection.close()
            usleep(pause)
        }
        exit(1)
    }
}
