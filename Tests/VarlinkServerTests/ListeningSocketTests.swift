import EventLoop
import Glibc
import POSIX
import SystemPackage
import Testing
import Varlink

@testable import VarlinkServer

@Suite struct ListeningSocketTests {
    @Test func `few clients may wait to be accepted, so that none waits for many`() throws {
        let path = "/tmp/segmentd-listening-\(getpid())"
        let listening = try ListeningSocket.make(at: path)
        defer {
            try? listening.close()
            unlink(path)
        }
        let address = try #require(UnixAddress(path))
        var waiting: [Int32] = []
        defer { for socket in waiting { close(socket) } }
        while waiting.count < 100 {
            let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            guard address.withPointer({ connect(socket, $0, $1) }) == 0 else {
                #expect(errno == EAGAIN)
                close(socket)
                break
            }
            waiting.append(socket)
        }
        #expect(waiting.count == Int(ListeningSocket.backlog) + 1)
    }

    @Test(arguments: [SHUT_RD, SHUT_RDWR])
    func `a socket that is shut down is reported once and does not spin`(how: Int) throws {
        let path = "/tmp/segmentd-listening-\(getpid())"
        let listening = try ListeningSocket.make(at: path)
        defer {
            try? listening.close()
            unlink(path)
        }
        let loop = try EventLoop()
        var told = 0
        let acceptor = try Acceptor(listening, loop, take: { try? $0.close() }, onShutDown: { told += 1 })
        #expect(!loop.turn(waiting: false))
        shutdown(listening.rawValue, Int32(how))
        #expect(loop.turn(waiting: false))
        #expect(!loop.turn(waiting: false))
        #expect(told == 1)
        acceptor.stop()
    }

    @Test func `no client can pass a descriptor, from the first connection on`() throws {
        let path = "/tmp/segmentd-listening-\(getpid())"
        let listening = try ListeningSocket.make(at: path)
        defer {
            try? listening.close()
            unlink(path)
        }
        #expect(!listening.refuseDescriptors())
    }

    @Test func `the service manager's socket has the same backlog`() throws {
        let unit = #filePath.replacing(#/Tests/.*/#, with: "systemd/segmentd.socket")
        let file = try #require(fopen(unit, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let text = String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
        #expect(text.contains("\nBacklog=\(ListeningSocket.backlog)\n"))
    }
}
