import Glibc
import POSIX
import Segments
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing
import Varlink

extension RealDaemon {
    /// Lookups for a segment that an Acquire creates.
    @Suite(.serialized, .enabled(if: Programs.canSwitchUser)) struct MadeOnDemandTests {
        private static func declaration(_ file: String) -> String {
            """
            size = 4096
            keep = "while-used"
            linger = "1 min"
            [key]
            path = "\(file)"
            project = 66
            """
        }

        /// `body` gets the path of a key's file; the segment is `k`.
        private func withKeyFile(exists: Bool, _ body: (DaemonFixture, String) throws -> Void) throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            let file = "\(directory)/key"
            if exists { try DaemonFixture.write("", to: file) }
            try DaemonFixture.with(["segments.d/k.toml": Self.declaration(file)]) { try body($0, file) }
        }

        @Test func `a segment is created under the current key of its file`() throws {
            try withKeyFile(exists: true) { daemon, file in
                try DaemonFixture.write("", to: "\(file).new")
                rename("\(file).new", file)
                let key = try LinuxKernel().key(ofFile: FilePath(file), project: 66)
                _ = try daemon.client().lease("k", access: .readWrite)
                #expect(throws: Never.self) { try LinuxKernel().get(key, size: 0, flags: [], mode: []) }
            }
        }

        @Test func `the next Acquire finds a key file that has appeared`() throws {
            try withKeyFile(exists: false) { daemon, file in
                #expect(try daemon.segmentctl("run k -- true").status == 3)
                try DaemonFixture.write("", to: file)
                let result = try daemon.segmentctl("run k -- true")
                #expect(result.status == 0, "\(result.output)")
            }
        }

        @Test func `an unknown group is looked up again, and only the client that needs it waits`() throws {
            let names = try HeldNameService()
            let segments = [
                "segments.d/a.toml": "size = 4096",
                "segments.d/g.toml": "size = 4096\ngroup = \"no-such-group\"\nkeep = \"while-used\"",
            ]
            try DaemonFixture.with(segments, environment: names.environment) { daemon in
                try names.hold()
                let client = try daemon.client()
                let waiting = try connect(daemon)
                send(waiting, "Acquire", "{\"name\":\"g\"}")
                send(waiting, "Describe", "{\"name\":\"a\"}")
                _ = try client.lease("a", access: .readWrite)
                #expect(!hasReply(waiting))
                let replies = try [reply(waiting), reply(waiting)]
                #expect(replies[0].contains("the name service has not answered"), "\(replies)")
                #expect(replies[1].contains("\"segment\""), "\(replies)")
                close(waiting)
                names.release()
                #expect(throws: SegmentClientError.self) { try client.lease("g", access: .readWrite) }
            }
        }

        @Test(.enabled(if: HeldFileSystem.canBeMounted))
        func `a client that disconnects before the key file is known gets no lease`() throws {
            let files = try HeldFileSystem()
            try DaemonFixture.write("", to: "\(files.source)/key")
            let segments = ["segments.d/k.toml": Self.declaration("\(files.path)/key")]
            try DaemonFixture.with(segments, prefix: files.prefix()) { daemon in
                let client = try daemon.client()
                try files.hold()
                for _ in 0..<20 {
                    let gone = try connect(daemon)
                    send(gone, "Acquire", "{\"name\":\"k\"}")
                    close(gone)
                }
                #expect(try client.daemonStatus().leaseCount == 0)
                files.release()
                usleep(200_000)
                #expect(try client.daemonStatus().leaseCount == 0)
                _ = try client.lease("k", access: .readWrite)
                files.end()
            }
        }

        private func connect(_ daemon: DaemonFixture) throws -> Int32 {
            let connection = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let address = try #require(UnixAddress(daemon.socket))
            try #require(address.withPointer { Glibc.connect(connection, $0, $1) } == 0)
            return connection
        }

        private func send(_ connection: Int32, _ method: String, _ parameters: String) {
            let call = "{\"method\":\"io.segmentd.Broker.\(method)\",\"parameters\":\(parameters)}\0"
            _ = Glibc.send(connection, call, call.utf8.count, Int32(MSG_NOSIGNAL))
        }

        private func hasReply(_ connection: Int32) -> Bool {
            var byte: UInt8 = 0
            return recv(connection, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) == 1
        }

        private func reply(_ connection: Int32) throws -> String {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) == 1, byte != 0 { bytes.append(byte) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
