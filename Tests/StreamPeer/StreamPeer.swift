import Glibc
import SegmentClient
import SegmentExchange
import SegmentTestSupport

/// One side of a stream, to be killed, traced and counted.
///
///     stream-peer write|read SEGMENT MESSAGES SIZE [DELAY]
///
/// As many messages of so many bytes, after a delay in milliseconds. A reader that reads another byte than belongs
/// there exits with 3.
@main
enum StreamPeer {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 5, let messages = Int(arguments[3]), let size = Int(arguments[4]) else {
            exit(2)
        }
        let delay = arguments.count > 5 ? UInt32(arguments[5]) ?? 0 : 0
        let segment = try SegmentClient().attach(arguments[2])
        if arguments[1] == "write" {
            var writer = try StreamWriter(segment)
            usleep(delay * 1000)
            for _ in 0..<messages {
                try writer.write(StreamPattern.bytes(at: writer.position, count: size).span.bytes)
            }
            try writer.finish()
        } else {
            var reader = try StreamReader(segment)
            usleep(delay * 1000)
            var buffer = [UInt8](repeating: 0, count: size)
            while true {
                let position = reader.position
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                let count = try reader.read(into: &bytes)
                guard count > 0 else { break }
                guard StreamPattern.matches(buffer[..<count], at: position) else { exit(3) }
            }
            guard reader.position == UInt64(messages * size) else { exit(4) }
        }
    }
}
