import POSIX
import SystemPackage

extension FileDescriptor {
    /// Whether it is a file that is always ready to be read and written.
    fileprivate var isRegular: Bool { (try? stat())?.type == .regular }
}

extension StreamSide {
    /// How often to look for what no descriptor tells, in milliseconds: the peer has let go or is another program, the
    /// segment has been removed.
    private static let boundCheck: Int32 = 100

    /// The number of bytes that read(2) or write(2) gives, once the file is ready for it; `call` is its name.
    ///
    /// Throws `failed` with its errno, and what `wait` throws.
    func count(
        _ call: String,
        of file: FileDescriptor,
        _ event: PollEvents,
        hasEnd: Bool = false,
        _ body: () throws(Errno) -> Int
    ) throws(ExchangeError) -> Int {
        while true {
            try wait(for: file, event, hasEnd: hasEnd)
            do throws(Errno) { return try body() } catch {
                guard error == .interrupted || error == .wouldBlock else {
                    throw .failed(call: call, errno: error.rawValue)
                }
            }
        }
    }

    /// Waits until a pipe, socket or terminal can be read or written without waiting; a regular file always can.
    ///
    /// Throws `peerDied` and `peerClosed` where the other side ends meanwhile, and `segmentRemoved`, unless `hasEnd` says
    /// that the stream is over for it.
    private func wait(for file: FileDescriptor, _ event: PollEvents, hasEnd: Bool) throws(ExchangeError) {
        guard !file.isRegular else { return }
        // poll(2) takes a negative descriptor for none.
        guard file.rawValue >= 0 else {
            throw .failed(call: "poll", errno: Errno.badFileDescriptor.rawValue)
        }
        let peer = hasEnd ? nil : peerDescriptor
        while true {
            let ready: (isReady: Bool, otherIsReady: Bool)
            do throws(Errno) {
                ready = try file.wait(for: event, or: peer, milliseconds: hasEnd ? -1 : Self.boundCheck)
            } catch {
                throw .failed(call: "poll", errno: error.rawValue)
            }
            // A file that has an error or a hang-up is ready too: the call that follows tells.
            if ready.isReady { return }
            if ready.otherIsReady { throw .peerDied(processID: peerProcessID) }
            if !hasEnd { try checkWait() }
        }
    }
}
