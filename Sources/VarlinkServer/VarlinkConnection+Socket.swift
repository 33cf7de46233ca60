import EventLoop
import Glibc
import SystemPackage
import Varlink

/// What the loop tells of the socket.
extension VarlinkConnection {
    /// Serves the client on a connected socket, which is closed with the connection; where this throws, it is not.
    func serve(_ descriptor: Int32) throws(Errno) {
        socket = try connections.loop.watch(descriptor, for: .read) { [unowned self] in ready($0) }
        connections.add(self)
        readIfThereIsRoom()
    }

    private func ready(_ readiness: EventSource.Readiness) {
        if readiness.contains(.write) { sendRest() }
        guard !readiness.contains(.hungUp) else { return readToTheEnd() }
        guard readiness.contains(.read) else { return }
        // To wait no longer costs a system call: it is made only where something comes that is not to be read yet.
        if isToRead { _ = read() } else { socket?.interest.remove(.read) }
    }

    /// False where there is nothing to be read any more.
    private func read() -> Bool {
        guard let socket else { return false }
        let count = connections.receive(on: socket.descriptor, into: frames)
        switch count {
        case 1...: received()
        case 0: inputEnded()
        default:
            if errno == EINTR { return true }
            if errno != EAGAIN { failed() }
        }
        return count > 0
    }

    /// Nobody is there any more: what was sent before is taken up like all that is.
    private func readToTheEnd() {
        while read() {}
        gone()
    }

    /// Bytes have come.
    func received() {
        isToRead = false
        chargeReading()
        // Another user would wait for all that is read of this one; and nothing is read ahead of much.
        guard !turns.areShared, !isWaitingForTurn, frames.bufferedBytes <= Self.ahead else {
            takeCalls(since: turns.now)
            return
        }
        readIfThereIsRoom()
        guard !isTakenUpSoon else { return }
        isTakenUpSoon = true
        connections.takeUpSoon(self)
    }

    /// The client sends nothing any more, and may still read.
    private func inputEnded() {
        guard !inputHasEnded else { return }
        inputHasEnded = true
        isToRead = false
        socket?.interest.remove(.read)
        takeCalls(since: turns.now)
    }

    /// Also where the client has closed with replies unread.
    func failed() {
        // What was read before is answered like all that is, though nobody may read it.
        if isTakenUpSoon, socket != nil { takeCalls(since: turns.now) }
        gone()
    }

    /// The client has gone: nobody is to read a reply.
    func gone() {
        guard let socket else { return }
        socket.end()
        self.socket = nil
        writer.reset()
        isWritable = true
        // Whole calls that wait for their turn are still taken up: who closes need not have waited for them.
        if isWaitingForTurn || isTakenUpSoon, current == nil { session?.disconnected() } else { end() }
    }
}
