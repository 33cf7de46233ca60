import Glibc
import POSIX
import SegmentTestSupport
import Testing
import Varlink

/// A receiver of the daemon's output that reads only on demand.
enum HeldOutput: String, CaseIterable, CustomStringConvertible {
    case journal
    case standardError = "standard error"
    case notify

    var description: String { rawValue }
}

/// The reading end of such an output: a FIFO or a datagram socket.
final class HeldReader {
    let output: HeldOutput
    /// The path that the daemon opens.
    let path: String
    private let descriptor: Int32

    init(_ output: HeldOutput, in directory: String) throws {
        self.output = output
        switch output {
        case .standardError:
            path = "\(directory)/errors"
            try #require(mkfifo(path, 0o644) == 0)
            descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        case .journal, .notify:
            mkdir("\(directory)/\(output.rawValue)", 0o755)
            path = "\(directory)/\(output.rawValue)/socket"
            descriptor = socket(
                AF_UNIX,
                Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
                0
            )
            let address = try #require(UnixAddress(path))
            try #require(address.withPointer { bind(descriptor, $0, $1) } == 0)
        }
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }

    /// Fills the buffer, so that any writer must wait.
    func fill() throws {
        guard output != .standardError else {
            // Byte by byte at the end, since a page may be left that larger pieces do not fit in.
            for piece in [4096, 1] {
                let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: piece)
                while write(descriptor, bytes, piece) > 0 {}
            }
            return
        }
        // The sender's own buffer may be full before the reader's.
        while try send() > 0 {}
    }

    /// Returns the number of messages that a new sender can send.
    private func send() throws -> Int {
        let sender = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        defer { close(sender) }
        let address = try #require(UnixAddress(path))
        var count = 0
        while address.withPointer({ connect(sender, $0, $1) }) == 0,
            Glibc.send(sender, "FILLED=1", 8, Int32(MSG_NOSIGNAL)) > 0
        {
            count += 1
        }
        return count
    }

    /// Reads until a message contains the text, or nothing arrives for a while; returns whether it was found.
    func reads(_ text: String, within milliseconds: Int32 = 10_000) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var tail = ""
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, milliseconds) > 0 {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return false }
            let chunk = tail + String(decoding: buffer[..<count], as: UTF8.self)
            if chunk.contains(text) { return true }
            // The text may be split across two reads of a FIFO.
            tail = output == .standardError ? String(chunk.suffix(text.count)) : ""
        }
        return false
    }
}
