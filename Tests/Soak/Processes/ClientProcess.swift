import Glibc
import SegmentTestSupport

/// A client in a process of its own.
final class ClientProcess {
    let process: ChildProcess
    private let conversation: Conversation

    init(socket: String) throws {
        guard let conversation = Conversation() else { throw Surprise("no pipes") }
        self.conversation = conversation
        process = try ChildProcess([CommandLine.arguments[0], "client", socket], conversation: conversation)
    }

    /// Asks without waiting for the answer.
    func ask(_ line: String) { conversation.ask(line) }

    /// The answer to the first question that has none.
    func answer() -> String { conversation.answer() ?? "nothing more" }

    func kill() {
        process.signal(SIGKILL)
        process.wait()
    }

    /// Lets it come to its end.
    func end() {
        conversation.end()
        process.wait()
    }
}
