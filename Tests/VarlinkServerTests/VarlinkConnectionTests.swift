import NIOCore
import NIOEmbedded
import Testing
import Varlink

@testable import VarlinkServer

@Suite struct VarlinkConnectionTests {
    private let loop = EmbeddedEventLoop()
    private let application = Application()
    private let connections: OpenConnections

    init() {
        connections = OpenConnections(loop, answerTogether: application.answerTogether) { [loop] body in
            loop.assumeIsolated().scheduleTask(in: .microseconds(100)) { body() }
        }
    }

    @Test func `who has gone holds nothing any more, though calls are left to take up`() throws {
        let (session, connection, channel) = try open()
        connection.share?.charge(.seconds(1), in: connections.turns.pass)
        channel.pipeline.fireChannelRead(
            ByteBuffer(
                bytes: Self.call("a.b.C", "oneway") + Self.call("a.b.D", "more")
                    + Self.call("a.b.E", "oneway")
            )
        )
        #expect(session.told == [])
        channel.pipeline.fireChannelInactive()
        #expect(session.told == ["disconnected"])
        loop.advanceTime(by: .milliseconds(10))
        #expect(session.told == ["disconnected", "a.b.C", "a.b.D", "closed"])
        #expect(connection.share == nil)
    }

    @Test func `who is lost while changes are told keeps them from nobody`() throws {
        let (_, hearing, channel) = try open()
        let (session, deaf, deafChannel) = try open()
        for channel in [channel, deafChannel] {
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: Self.call("a.b.Subscribe", "more")))
        }
        loop.run()
        session.onClose = { hearing.reply(alike: Self.message("lost")) }
        deaf.isWritable = false
        hearing.reply(alike: Self.message("first"))
        deaf.reply(alike: Self.message(String(repeating: "x", count: BufferedBytes.mostReplies)))
        loop.advanceTime(by: .milliseconds(10))
        hearing.reply(alike: Self.message("last"))
        loop.advanceTime(by: .milliseconds(10))
        var heard = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { heard += String(buffer: bytes) }
        #expect(heard == "\"first\"\"lost\"\"last\"")
        #expect(deaf.share == nil)
    }

    @Test func `who is alone has calls taken up when all are read, though it may be gone by then`() throws {
        let (session, connection, channel) = try open()
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: Self.call("a.b.C", "oneway")))
        #expect(session.told == [])
        channel.pipeline.fireChannelInactive()
        #expect(session.told == ["disconnected"])
        loop.run()
        #expect(session.told == ["disconnected", "a.b.C", "closed"])
        #expect(connection.share == nil)
    }

    @Test func `nothing is read ahead of much that waits for its turn`() throws {
        let (_, connection, channel) = try open()
        connection.share?.charge(.seconds(1), in: connections.turns.pass)
        let calls = Array(repeating: Self.call("a.b.C", "oneway"), count: 50).flatMap(\.self)
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: calls))
        #expect(connection.isWaitingForTurn)
        #expect(!connection.isToRead)
        loop.advanceTime(by: .milliseconds(100))
        #expect(!connection.isWaitingForTurn)
        #expect(connection.isToRead)
    }

    @Test func `bytes that end no message use up a user's share, and are then read by turns`() throws {
        let opened = try (0..<100).map { _ in try open() }
        let (_, other, otherChannel) = try open(64002)
        func waiting() -> Int { opened.count { !$0.1.isToRead } }
        for (_, _, channel) in opened { channel.pipeline.fireChannelRead(ByteBuffer(bytes: [0x79])) }
        #expect(waiting() > 90)
        otherChannel.pipeline.fireChannelRead(ByteBuffer(bytes: [0x79]))
        #expect(other.isToRead)
        loop.advanceTime(by: .milliseconds(100))
        #expect(waiting() == 0)
    }

    @Test func `bytes behind a call that is not answered yet are read by turns, too`() throws {
        let opened = try (0..<100).map { _ in try open() }
        _ = try open(64002)
        let bytes = Self.call("a.b.Subscribe", "more")
        for (_, _, channel) in opened { channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes)) }
        loop.advanceTime(by: .milliseconds(100))
        for (_, _, channel) in opened { channel.pipeline.fireChannelRead(ByteBuffer(bytes: [0])) }
        #expect(opened.count { !$0.1.isToRead } > 90)
        loop.advanceTime(by: .milliseconds(100))
        #expect(opened.allSatisfy { $0.1.isToRead })
    }

    @Test func `who has gone in the middle of a message is forgotten at the next turn`() throws {
        let (_, connection, channel) = try open()
        connection.share?.charge(.seconds(1), in: connections.turns.pass)
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: [0x79]))
        channel.pipeline.fireChannelInactive()
        loop.advanceTime(by: .milliseconds(10))
        #expect(connection.share == nil)
    }

    @Test func `calls that were read before the socket failed are all taken up`() throws {
        let (session, _, channel) = try open()
        _ = channel.connect(to: try SocketAddress(unixDomainSocketPath: "/"))
        session.answers = true
        for method in ["a.b.C", "a.b.D", "a.b.E"] {
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: Self.call(method, "more")))
        }
        channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        loop.run()
        #expect(session.told == ["a.b.C", "a.b.D", "a.b.E", "disconnected", "closed"])
    }

    @Test func `together are answered calls that have come in before the first is`() throws {
        let (first, _, firstChannel) = try open()
        let (second, _, secondChannel) = try open()
        let (third, _, thirdChannel) = try open()
        for (session, letter) in [(first, "C"), (second, "D"), (third, "E")] {
            session.answers = true
            session.onCall = { [application] in application.told.append(letter) }
        }
        // The third comes while the first is answered.
        first.onCall = { [application] in
            application.told.append("C")
            thirdChannel.pipeline.fireChannelRead(ByteBuffer(bytes: Self.call("a.b.E", "more")))
        }
        firstChannel.pipeline.fireChannelRead(ByteBuffer(bytes: Self.call("a.b.C", "more")))
        secondChannel.pipeline.fireChannelRead(ByteBuffer(bytes: Self.call("a.b.D", "more")))
        loop.run()
        #expect(application.told == ["begin", "C", "D", "end", "begin", "E", "end"])
    }

    @Test func `who is let in is charged for it`() throws {
        let start = connections.turns.now
        let (_, connection, _) = try open()
        let share = try #require(connection.share)
        #expect(connections.turns.mayGoOn(share, at: connections.turns.now))
        loop.advanceTime(by: .milliseconds(2))
        connection.charge(since: start)
        #expect(!connections.turns.mayGoOn(share, at: connections.turns.now))
    }

    @Test func `nobody waits for what is read of other users`() throws {
        let (session, _, channel) = try open()
        _ = try open(64002)
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: Self.call("a.b.C", "oneway")))
        #expect(session.told == ["a.b.C"])
    }

    private func open(_ userID: UInt32 = 64001) throws -> (Session, VarlinkConnection, EmbeddedChannel) {
        let session = Session()
        let connection = VarlinkConnection(session, of: application, userID: userID, among: connections)
        let channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandler(connection)
        channel.pipeline.fireChannelActive()
        return (session, connection, channel)
    }

    private static func call(_ method: String, _ mode: String) -> [UInt8] {
        Array("{\"method\":\"\(method)\",\"\(mode)\":true}\0".utf8)
    }

    private static func message(_ text: String) -> JSONWriter {
        let writer = JSONWriter()
        writer.value(text)
        return writer
    }

    private final class Application: VarlinkApplication {
        let identity = ServiceIdentity(vendor: "", product: "", version: "", url: "")
        let interfaces: [VarlinkInterface] = []
        let longestMessage = 1000

        var told: [String] = []

        func answerTogether(_ body: () -> Void) {
            told.append("begin")
            body()
            told.append("end")
        }

        func open(_ peer: PeerCredentials) -> Admission { .accepted(Session()) }
    }

    /// Keeps what it is told.
    private final class Session: VarlinkSession {
        var told: [String] = []
        var onCall: () -> Void = {}
        var onClose: () -> Void = {}
        /// Else only calls that want no reply are over.
        var answers = false

        func answer(_ call: Call, on connection: VarlinkConnection) -> Bool {
            told.append(call.method)
            onCall()
            if answers || call.mode == .oneway { connection.reply(NoParameters()) }
            return true
        }

        func disconnected() { told.append("disconnected") }

        func close() {
            told.append("closed")
            onClose()
        }
    }
}
