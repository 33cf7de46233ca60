import EventLoop
import Glibc
import SystemPackage

/// Records events in order.
final class Log {
    var taken: [String] = []
    func add(_ text: String) { taken.append(text) }
}

/// Two connected sockets: one for the loop, one for the test.
struct SocketPair {
    let own: Int32
    let other: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &ends) == 0)
        (own, other) = (ends[0], ends[1])
    }

    var descriptor: FileDescriptor { FileDescriptor(rawValue: own) }

    func write() {
        var byte: UInt8 = 1
        precondition(Glibc.write(other, &byte, 1) == 1)
    }

    func drain() {
        var byte: UInt8 = 0
        while read(own, &byte, 1) == 1 {}
    }
}

extension EventLoop {
    /// Runs `body` once, at the end of this turn.
    func afterThisTurn(_ body: @escaping () -> Void) { Once(self, body).task?.doAfterThisTurn() }

    /// Runs `body` once, at the end of the next turn.
    func afterTheNextTurn(_ body: @escaping () -> Void) { Once(self, body).task?.doAfterTheNextTurn() }
}

/// A task that ends after running once.
private final class Once {
    var task: TurnTask?

    init(_ loop: EventLoop, _ body: @escaping () -> Void) {
        task = loop.task {
            self.task = nil
            body()
        }
    }
}
