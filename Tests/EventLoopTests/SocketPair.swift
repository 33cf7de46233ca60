import Glibc

/// What has happened, in order.
final class Log {
    var taken: [String] = []
    func add(_ text: String) { taken.append(text) }
}

/// Two connected sockets: the loop's, and the test's.
struct SocketPair {
    let own: Int32
    let other: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &ends) == 0)
        (own, other) = (ends[0], ends[1])
    }

    func write() {
        var byte: UInt8 = 1
        precondition(Glibc.write(other, &byte, 1) == 1)
    }

    func drain() {
        var byte: UInt8 = 0
        while read(own, &byte, 1) == 1 {}
    }
}
