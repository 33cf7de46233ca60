import Glibc
import SegmentTestSupport

/// Another user who harms the broker in one of the ways that its tests know; ends with this object.
struct Enemy {
    /// Nobody's.
    private static let userID = 64010
    private let process: ChildProcess

    /// Returns when it is at work.
    init(_ way: String, cpu: Int, in directory: WorkingDirectory) throws {
        guard let conversation = Conversation() else { throw BenchmarkError.call("pipe", errno: errno) }
        process = try ChildProcess(
            [
                "taskset", "-c", "\(cpu)", "setpriv", "--reuid=\(Self.userID)", "--regid=\(Self.userID)",
                "--clear-groups", try directory.copyForAll("enemy"), directory.brokerSocket, way,
            ],
            conversation: conversation
        )
        guard conversation.answer() == "begun" else { throw BenchmarkError.noReply(from: "enemy \(way)") }
    }
}
