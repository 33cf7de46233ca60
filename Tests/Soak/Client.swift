import Glibc
import Segments
import SegmentTestSupport
import SystemPackage

/// A client process: it reads a line with a question and writes a line with the answer.
///
/// It has no other state than memory, so it can be killed at any time.
struct ClientRole {
    let socket: String

    func run() {
        guard let client = try? SegmentClient(socket: FilePath(socket), timeout: .seconds(20)) else { return }
        var attached: [String: Attached] = [:]
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            print(reply(words, client, &attached))
            fflush(nil)
        }
    }

    private func reply(
        _ words: [String],
        _ client: SegmentClient,
        _ attached: inout [String: Attached]
    ) -> String {
        do {
            return try answer(words, client, &attached)
        } catch {
            return (error as? SegmentClientError)?.code == .segmentBeingRemoved ? "removing" : "\(error)"
        }
    }

    private func answer(
        _ words: [String],
        _ client: SegmentClient,
        _ attached: inout [String: Attached]
    ) throws -> String {
        let name = words.count > 1 ? words[1] : ""
        let content = words.count > 2 ? UInt64(words[2]) : nil
        switch words[0] {
        case "attach":
            attached[name] = Attached(try client.attach(SegmentName(unchecked: name)))
            return "ok"
        case "write":
            return attached[name]?.write(content ?? 0) ?? "not attached"
        case "read":
            return attached[name]?.read(content) ?? "not attached"
        case "release":
            attached[name] = nil
            // The reply to this call follows the release.
            _ = try client.daemonStatus()
            return "ok"
        default:
            _ = try client.daemonStatus()
            return "ok"
        }
    }
}

/// A segment attached by a client.
private final class Attached {
    private var segment: AttachedSegment

    init(_ segment: consuming AttachedSegment) { self.segment = segment }

    func write(_ content: UInt64) -> String {
        let bytes = StreamPattern.bytes(at: content, count: segment.byteCount)
        segment.withMutableBytes { memory in
            memory.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
        }
        return "ok"
    }

    /// Nil for the zeros of a new segment.
    func read(_ content: UInt64?) -> String {
        let found = segment.withBytes { memory in memory.withUnsafeBytes { Array($0) } }
        let isRight =
            content.map { StreamPattern.matches(found[...], at: $0) } ?? found.allSatisfy { $0 == 0 }
        return isRight ? "ok" : "other bytes, beginning with \(found.prefix(8))"
    }
}

/// A client in a separate process.
final class ClientProcess {
    let process: ChildProcess
    private let conversation: Conversation

    init(socket: String) throws {
        guard let conversation = Conversation() else { throw Surprise("no pipes") }
        self.conversation = conversation
        process = try ChildProcess([CommandLine.arguments[0], "client", socket], conversation: conversation)
    }

    /// Sends a question without waiting for the answer.
    func ask(_ line: String) { conversation.ask(line) }

    /// Returns the answer to the first unanswered question.
    func answer() -> String { conversation.answer() ?? "nothing more" }

    func kill() {
        process.signal(SIGKILL)
        process.wait()
    }

    /// Ends the process.
    func end() {
        conversation.end()
        process.wait()
    }
}
