import Glibc

/// Another user who harms the broker in one of the ways that its tests know; ends with this object.
struct Enemy {
    /// Nobody's.
    private static let userID = 64010
    private let child: Child

    /// Returns when it is at work.
    init(_ way: String, cpu: Int, in directory: WorkingDirectory) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw BenchmarkError.call("pipe", errno: errno) }
        defer { close(ends[0]) }
        do {
            defer { close(ends[1]) }
            child = try Child(
                [
                    "/usr/bin/env", "taskset", "-c", "\(cpu)", "setpriv", "--reuid=\(Self.userID)",
                    "--regid=\(Self.userID)", "--clear-groups", try directory.copyForAll("enemy"),
                    directory.brokerSocket, way,
                ]
            ) { posix_spawn_file_actions_adddup2($0, ends[1], STDOUT_FILENO) }
        }
        var entry = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 30_000) > 0, entry.revents & Int16(POLLIN) != 0 else {
            throw BenchmarkError.noReply(from: "enemy \(way)")
        }
    }
}
