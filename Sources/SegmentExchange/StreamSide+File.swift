import Glibc
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
        _ event: Int32,
        hasEnd: Bool = false,
        _ body: () -> Int
    ) throws(ExchangeError) -> Int {
        while true {
            try wait(for: file, event, hasEnd: hasEnd)
            let count = body()
            let errno = errno
            if count >= 0 { return count }
            guard errno == EINTR || errno == EAGAIN else { throw .failed(call: call, errno: errno) }
        }
    }

    /// Waits until a pipe, socket or terminal can be read or written without waiting; a regular file always can.
    ///
    /// Throws `peerDied` and `peerClosed` where the other side ends meanwhile, and `segmentRemoved`, unless `hasEnd` says
    /// that the stream is over for it.
    private func wait(for file: FileDescriptor, _ event: Int32, hasEnd: Bool) throws(ExchangeError) {
        guard !file.isRegular else { return }
        // poll(2) takes a negative descriptor for none.
        guard file.rawValue >= 0 else { throw .failed(call: "poll", errno: EBADF) }
        var entries = [
            pollfd(fd: file.rawValue, events: Int16(event), revents: 0),
            pollfd(fd: hasEnd ? -1 : peerDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let ready = unsafe poll(&entries, nfds_t(entries.count), hasEnd ? -1 : Self.boundCheck)
            guard ready >= 0 || errno == EINTR else { throw .failed(call: "poll", errno: errno) }
            // A file that has an error or a hang-up is ready too: the call that follows tells.
            if ready > 0, entries[0].revents != 0 { return }
            if ready > 0, entries[1].revents != 0 { throw .peerDied(processID: peerProcessID) }
            if !hasEnd { try checkWait() }
        }
    }
}
