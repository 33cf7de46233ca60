import POSIX
import SystemPackage

/// A standard stream may be shared with a program that has set O_NONBLOCK on it; open(2).
extension FileDescriptor {
    /// Reads once, as soon as there is something to read.
    func readPatiently(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            do {
                return unsafe try read(into: buffer)
            } catch Errno.wouldBlock {
                try wait(for: .read)
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
                try wait(for: .write)
            }
        }
    }
}
