import Glibc
import POSIX
import Segments
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing
import Varlink

extension RealDaemon {
    /// Clients of a daemon that ends at the same moment.
    @Suite(.serialized, .resilience("a daemon that dies or a segment that goes in the middle of a call"))
    struct DyingDaemonTests {
        @Test func `a call whose connection a dying daemon accepts waits for the next daemon`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client(timeout: .seconds(10))
                let segment = try client.attach("a")
                daemon.kill()
                unlink(daemon.socket)
                let dying = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                try #require(UnixAddress(daemon.socket)?.withPointer { bind(dying, $0, $1) } == 0)
                try #require(listen(dying, 8) == 0)
                let call = Thread { try client.segment(named: "a").state }
                // It is connected, but will never get an answer.
                var entry = pollfd(fd: dying, events: Int16(POLLIN), revents: 0)
                #expect(poll(&entry, 1, 5000) == 1)
                close(dying)
                try daemon.start()
                #expect(try call.value() == .ready)
                #expect(try segment.isCurrent())
            }
        }

        @Test func `a segment that vanishes between grant and attach is acquired again`() throws {
            try IPCNamespace.requireOwn()
            let kernel = LinuxKernel()
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            let gone = try kernel.get(.private, size: 4096, flags: .create, mode: .ownerReadWrite)
            try kernel.remove(gone)
            let there = try kernel.get(.private, size: 4096, flags: .create, mode: .ownerReadWrite)
            defer { try? kernel.remove(there) }
            let namespace = try kernel.ipcNamespace()
            let broker = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            try #require(UnixAddress("\(directory)/socket")?.withPointer { bind(broker, $0, $1) } == 0)
            try #require(listen(broker, 8) == 0)
            let answering = Thread {
                let peer = accept(broker, nil, nil)
                defer { close(peer) }
                for identifier in [gone, there] { try Self.grant(identifier, namespace, to: peer) }
            }
            let client = try SegmentClient(socket: FilePath("\(directory)/socket"))
            #expect(try client.attach("a").identifier == there)
            try answering.value()
            close(broker)
        }

        /// Answers the next Acquire, ignoring other calls before it.
        private static func grant(_ identifier: SegmentIdentifier, _ namespace: UInt64, to peer: Int32) throws
        {
            var call = ""
            while !call.contains("Acquire") || !call.hasSuffix("\0") {
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = read(peer, &buffer, buffer.count)
                guard count > 0 else { return }
                call += String(decoding: buffer[..<count], as: UTF8.self)
            }
            let reply =
                #"{"parameters":{"lease":"1","name":"a","key":0,"identifier":\#(identifier),"sizeBytes":4096,"#
                + #""access":"read_write","creatorUserId":\#(geteuid()),"changeTimeSec":0,"#
                + #""ipcNamespace":\#(namespace)}}"# + "\0"
            write(peer, reply, reply.utf8.count)
        }
    }
}
