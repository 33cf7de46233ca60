import Glibc
import SystemPackage

/// A standard stream may be shared with a program that has set O_NONBLOCK on it; open(2).
extension FileDescriptor {
    /// Reads once, as soon as there is something to read.
    func readPatiently(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            do {
                return unsafe try read(into: buffer)
            } catch Errno.wouldBlock {
                try awaitReadiness(POLLIN)
            }
        }
    }

    /// Writes everything.
    func writePatiently(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            do {
                let count = unsafe try write(rest)
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } catch Errno.wouldBlock {
                try awaitReadiness(POLLOUT)
            }
        }
    }

    /// A stream with an error or a hang-up is ready, too: the call that follows tells.
    private func awaitReadiness(_ events: Int32) throws(Errno) {
        var entry = pollfd(fd: rawValue, events: Int16(events), revents: 0)
        while unsafe poll(&entry, 1, -1) < 0 {
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
    }
}
