import Glibc
import Segments
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// System calls refused by a seccomp filter or unknown to the kernel.
    @Suite(.serialized)
    struct RefusedCallTests {
        /// Runs `body` with a command prefix that makes a call of the daemon fail: `shmget`, or
        /// `SHM_STAT_ANY` of shmctl(2).
        private func refusing(_ call: String, _ errno: Int32, _ body: ([String]) throws -> Void) throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -r '\(directory)'") }
            let source = "\(CLibrary.sources)/Tests/refuse.c"
            let program = "\(directory)/refuse"
            try #require(try Programs.run("cc -Wall -Werror -o '\(program)' '\(source)'") == (0, ""))
            try body([program, call, String(errno)])
        }

        @Test(arguments: [EINVAL, ENOSYS, EPERM])
        func `a record outlives a start without SHM_STAT_ANY`(errno: Int32) throws {
            try refusing("SHM_STAT_ANY", errno) { prefix in
                try DaemonFixture.with(prefix: prefix) { daemon in
                    let before = try daemon.client().segments().map(\.identifier)
                    daemon.kill()
                    try daemon.start()
                    let after = try daemon.client().segments()
                    #expect(after.map(\.identifier) == before)
                    #expect(after.map(\.state) == [.ready])
                }
            }
        }

        @Test(arguments: [ENOSYS, EPERM])
        func `a refused shmget is reported as such, not as a lack of memory`(errno: Int32) throws {
            try refusing("shmget", errno) { prefix in
                try DaemonFixture.with(prefix: prefix) { daemon in
                    let problem = try #require(try daemon.client().segments().first?.problems.first)
                    #expect(problem.message.hasPrefix("the daemon may not call shmget"))
                    #expect(problem.remedy?.contains("SystemCallFilter=") == true)
                }
            }
        }

        @Test(arguments: [EINVAL, EPERM])
        func `segments that cannot be listed are an error, not an empty list`(errno: Int32) throws {
            try refusing("SHM_STAT_ANY", errno) { prefix in
                try DaemonFixture.with { daemon in
                    let command = prefix.joined(separator: " ") + " '\(Programs.path("segmentctl"))'"
                    let listed = try Programs.run("\(command) --socket /nonexistent/socket list")
                    #expect(listed.output.contains("the kernel's segments cannot be read"))
                    #expect(listed.status != 0)
                }
            }
        }
    }
}
