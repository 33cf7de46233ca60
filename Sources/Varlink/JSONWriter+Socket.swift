import POSIX
package import SystemPackage

extension FileDescriptor {
    /// Sends written bytes from an offset on, as many as the socket accepts without waiting; returns their
    /// number.
    package func send(_ messages: JSONWriter, from offset: Int = 0) throws(Errno) -> Int {
        try messages.withBytes(from: offset) { bytes throws(Errno) in
            try unsafe bytes.withUnsafeBytes { bytes throws(Errno) in try unsafe send(bytes) }
        }
    }
}
