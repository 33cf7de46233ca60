import Glibc
import SegmentClient
import SegmentTestSupport
import Testing
import Varlink

extension RealDaemon {
    /// What clients meet of a daemon in the moment of its end.
    @Suite(.serialized) struct DyingDaemonTests {
        @Test func `a call whose connection is accepted by a daemon that dies waits for the next one`() throws
        {
            try DaemonFixture.with { daemon in
                let client = try daemon.client(timeLimit: .seconds(10))
                let segment = try client.attach("a")
                daemon.kill()
                unlink(daemon.socket)
                let dying = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                try #require(UnixAddress(daemon.socket)?.withPointer { bind(dying, $0, $1) } == 0)
                try #require(listen(dying, 8) == 0)
                let call = Thread { try client.describe("a").state }
                // It is connected, and nobody will ever answer.
                var entry = pollfd(fd: dying, events: Int16(POLLIN), revents: 0)
                #expect(poll(&entry, 1, 5000) == 1)
                close(dying)
                try daemon.start()
                #expect(try call.value() == .ready)
                #expect(try segment.isCurrent)
            }
        }
    }
}
