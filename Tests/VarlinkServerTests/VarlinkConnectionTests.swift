import EventLoop
import Glibc
import POSIX
import SegmentTestSupport
import SystemPackage
import Testing
import Varlink

@testable import VarlinkServer

@Suite struct VarlinkConnectionTests {
    private let test = TestLoop()
    private let application = Application()
    private let connections: OpenConnections
    private let end: End

    init() {
        connections = OpenConnections(test.loop, answerTogether: application.answerTogether)
        end = End(application, connections)
    }

    /// Closes what a test leaves open: connections and their owners form reference cycles.
    private final class End {
        private let application: Application
        private let connections: OpenConnections

        init(_ application: Application, _ connections: OpenConnections) {
            (self.application, self.connections) = (application, connections)
        }

        deinit {
            connections.closeAll()
            application.clients = []
        }
    }

    @Test func `a disconnected client holds nothing, although calls are left to process`() throws {
        let (session, connection, client) = try open()
        connection.budget?.charge(.seconds(1), in: connections.scheduler.tick)
        client.send(
            Self.call("a.b.C", "oneway") + Self.call("a.b.D", "more") + Self.call("a.b.E", "oneway")
        )
        #expect(session.told == [])
        client.leave()
        #expect(session.told == ["disconnected"])
        test.advance(by: .milliseconds(10))
        #expect(session.told == ["disconnected", "a.b.C", "a.b.D", "closed"])
        #expect(connection.budget == nil)
    }

    @Test func `a subscriber lost while events are sent does not keep them from others`() throws {
        let (_, hearing, client) = try open()
        let (session, deaf, deafClient) = try open()
        for client in [client, deafClient] {
            client.send(Self.call("a.b.Subscribe", "more"))
        }
        test.run()
        session.onClose = { hearing.reply(alike: Self.message("lost")) }
        _ = deaf.state.sent(all: false)
        hearing.reply(alike: Self.message("first"))
        deaf.reply(alike: Self.message(String(repeating: "x", count: BufferedBytes.mostReplies)))
        test.advance(by: .milliseconds(10))
        hearing.reply(alike: Self.message("last"))
        test.advance(by: .milliseconds(10))
        #expect(client.receive() == "\"first\"\"lost\"\"last\"")
        #expect(deaf.budget == nil)
    }

    @Test func `a single user's calls are processed when all are read, even if it has disconnected`() throws {
        let (session, connection, client) = try open()
        client.send(Self.call("a.b.C", "oneway"))
        #expect(session.told == [])
        client.leave()
        #expect(session.told == ["disconnected"])
        test.run()
        #expect(session.told == ["disconnected", "a.b.C", "closed"])
        #expect(connection.budget == nil)
    }

    @Test func `nothing is read ahead while much waits for its turn`() throws {
        let (_, connection, client) = try open()
        connection.budget?.charge(.seconds(1), in: connections.scheduler.tick)
        let calls = Array(repeating: Self.call("a.b.C", "oneway"), count: 50).flatMap(\.self)
        client.send(calls)
        #expect(connection.state.calls == .waiting)
        #expect(connection.state.input == .paused)
        test.advance(by: .milliseconds(100))
        #expect(connection.state.calls != .waiting)
        #expect(connection.state.input == .awaited)
    }

    @Test func `bytes that complete no message count against the user, and are then read in rounds`() throws {
        let opened = try (0..<100).map { _ in try open() }
        let (_, other, otherClient) = try open(64002)
        func waiting() -> Int { opened.count { $0.1.state.input == .paused } }
        for (_, _, client) in opened { client.send([0x79]) }
        #expect(waiting() > 90)
        otherClient.send([0x79])
        #expect(other.state.input == .awaited)
        test.advance(by: .milliseconds(100))
        #expect(waiting() == 0)
    }

    @Test func `bytes behind an unanswered call are also read in rounds`() throws {
        let opened = try (0..<100).map { _ in try open() }
        _ = try open(64002)
        let bytes = Self.call("a.b.Subscribe", "more")
        for (_, _, client) in opened { client.send(bytes) }
        test.advance(by: .milliseconds(100))
        for (_, _, client) in opened { client.send([0]) }
        #expect(opened.count { $0.1.state.input == .paused } > 90)
        test.advance(by: .milliseconds(100))
        #expect(opened.allSatisfy { $0.1.state.input == .awaited })
    }

    @Test func `the slower reads are, the fewer pieces of messages are read at a time`() throws {
        let (_, connection, client) = try open()
        _ = try open(64002)
        let budget = try #require(connection.budget)
        client.write([0x79])
        connection.inputIsThere()
        for _ in 0..<199 { client.write([0x79]) }
        test.step = .microseconds(16)
        connection.inputIsThere()
        #expect(connection.frames.bufferedBytes == 200)
        #expect(budget.readLength == 2048)
        // It has used up what is left of the tick.
        #expect(!connections.scheduler.mayProcess(budget, at: connections.now))
        test.step = .zero
        client.write([UInt8](repeating: 0x79, count: 100))
        test.advance(by: .milliseconds(10))
        #expect(connection.frames.bufferedBytes == 300)
    }

    @Test func `a client that disconnects within a message is dropped at the next turn`() throws {
        let (_, connection, client) = try open()
        connection.budget?.charge(.seconds(1), in: connections.scheduler.tick)
        client.send([0x79])
        client.leave()
        test.advance(by: .milliseconds(10))
        #expect(connection.budget == nil)
    }

    @Test func `calls read before the socket failed are all processed`() throws {
        let (session, _, client) = try open()
        session.answers = true
        for method in ["a.b.C", "a.b.D", "a.b.E"] {
            client.send(Self.call(method, "more"))
        }
        client.fail()
        test.run()
        #expect(session.told == ["a.b.C", "a.b.D", "a.b.E", "disconnected", "closed"])
    }

    @Test func `calls that arrived before the first is answered are processed together`() throws {
        let (first, _, firstClient) = try open()
        let (second, _, secondClient) = try open()
        let (third, _, thirdClient) = try open()
        for (session, letter) in [(first, "C"), (second, "D"), (third, "E")] {
            session.answers = true
            session.onCall = { [application] in application.told.append(letter) }
        }
        // The third arrives while the first is being answered.
        first.onCall = { [application] in
            application.told.append("C")
            thirdClient.send(Self.call("a.b.E", "more"))
        }
        firstClient.send(Self.call("a.b.C", "more"))
        secondClient.send(Self.call("a.b.D", "more"))
        test.run()
        #expect(application.told == ["begin", "C", "D", "end", "begin", "E", "end"])
    }

    @Test func `accepting a connection is charged`() throws {
        let start = connections.now
        let (_, connection, _) = try open()
        let budget = try #require(connection.budget)
        #expect(connections.scheduler.mayProcess(budget, at: connections.now))
        test.advance(by: .milliseconds(2))
        connection.charge(since: start)
        #expect(!connections.scheduler.mayProcess(budget, at: connections.now))
    }

    @Test func `a throttled user's calls are processed when the pause is over`() throws {
        let (session, connection, client) = try open()
        connection.budget?.charge(call: 1 << 20, at: connections.now)
        client.send(Self.call("a.b.C", "oneway") + Self.call("a.b.D", "oneway"))
        test.advance(by: .seconds(1))
        #expect(session.told == [])
        test.advance(by: .milliseconds(100))
        #expect(session.told == ["a.b.C", "a.b.D"])
    }

    @Test func `no user waits for input of others`() throws {
        let (session, _, client) = try open()
        _ = try open(64002)
        client.send(Self.call("a.b.C", "oneway"))
        #expect(session.told == ["a.b.C"])
    }

    @Test func `a client that stops sending gets its replies, and then the connection ends`() throws {
        let (session, connection, client) = try open()
        session.answers = true
        client.write(Self.call("a.b.C", "more") + Self.call("a.b.D", "more"))
        client.endInput()
        test.run()
        #expect(session.told == ["a.b.C", "a.b.D", "closed"])
        #expect(client.receive() == "{\"parameters\":{}}\0{\"parameters\":{}}\0")
        #expect(client.hasEnded)
        #expect(connection.budget == nil)
    }

    @Test func `a client that stops sending still receives events`() throws {
        let (session, connection, client) = try open()
        client.write(Self.call("a.b.Subscribe", "more"))
        client.endInput()
        test.run()
        #expect(session.told == ["a.b.Subscribe"])
        connection.reply(alike: Self.message("first"))
        test.run()
        #expect(client.receive() == "\"first\"")
        client.close()
        test.run()
        #expect(session.told == ["a.b.Subscribe", "closed"])
    }

    @Test func `everything left by a disconnected client is processed`() throws {
        let (session, connection, client) = try open()
        _ = try open(64002)
        client.write(Array(repeating: Self.call("a.b.C", "oneway"), count: 300).flatMap(\.self))
        client.close()
        test.run()
        #expect(session.told.count { $0 == "a.b.C" } == 300)
        #expect(session.told.last == "closed")
        #expect(connection.budget == nil)
        #expect(connection.socket == nil)
    }

    @Test func `input of disconnected clients is read in rounds`() throws {
        let opened = try (0..<10).map { _ in try open() }
        let (otherSession, _, otherClient) = try open(64002)
        let calls = Array(repeating: Self.call("a.b.C", "oneway"), count: 700).flatMap(\.self)
        for (_, _, client) in opened {
            client.write(calls)
            client.close()
        }
        otherClient.write(Self.call("a.b.D", "oneway"))
        test.loop.turn(waiting: false)
        #expect(opened.allSatisfy { $0.1.frames.bufferedBytes <= 1 << 13 })
        #expect(otherSession.told == ["a.b.D"])
        test.run()
        for (session, connection, _) in opened {
            #expect(session.told.count { $0 == "a.b.C" } == 700)
            #expect(session.told.count { $0 == "disconnected" } == 1)
            #expect(session.told.last == "closed")
            #expect(connection.socket == nil)
        }
    }

    @Test func `calls of a disconnected client that reads no reply are processed, and nothing is kept`()
        throws
    {
        let (session, connection, client) = try open()
        session.answers = true
        session.answer = Self.long
        for _ in 0..<20 {
            client.write(Self.call("a.b.C", "more"))
            test.run()
        }
        #expect(!connection.state.isWritable)
        client.write(Array(repeating: Self.call("a.b.D", "oneway"), count: 700).flatMap(\.self))
        client.close()
        test.advance(by: .seconds(60))
        #expect(session.told.count { $0 == "a.b.C" } == 20)
        #expect(session.told.count { $0 == "a.b.D" } == 700)
        #expect(session.told.last == "closed")
        #expect(connection.socket == nil)
        #expect(connection.bufferedBytes == 0)
    }

    @Test func `disconnected clients leave no more to process than a user may buffer`() throws {
        let opened = try (0..<30).map { _ in try open() }
        let calls = Array(repeating: Self.call("a.b.C", "oneway"), count: 3000).flatMap(\.self)
        for (_, _, client) in opened {
            client.write(calls)
            client.close()
        }
        for _ in 0..<10 { test.loop.turn(waiting: false) }
        let lost = opened.count { $0.0.told.last == "closed" && $0.0.told.count < 1000 }
        #expect((1 << 20) / calls.count..<30 ~= opened.count - lost)
        test.run()
        #expect(opened.allSatisfy { $0.1.socket == nil })
        #expect(opened.count { $0.0.told.count { $0 == "a.b.C" } == 3000 } == opened.count - lost)
    }

    @Test func `input behind a call under way is dropped when the client disconnects`() throws {
        let (session, connection, client) = try open()
        client.write(Self.call("a.b.Subscribe", "more"))
        test.run()
        client.write(Array(repeating: Self.call("a.b.C", "oneway"), count: 700).flatMap(\.self))
        client.close()
        test.run()
        #expect(session.told == ["a.b.Subscribe", "closed"])
        #expect(connection.budget == nil)
    }

    @Test func `shared replies are sent after earlier ones and before later ones`()
        throws
    {
        let (session, connection, client) = try open()
        client.send(Self.call("a.b.Subscribe", "more"))
        test.run()
        connection.reply(Text(text: "1"), continues: true)
        for number in 2...3 { connection.reply(alike: Self.message("\(number)")) }
        connection.reply(Text(text: "4"), continues: true)
        connection.reply(alike: Self.message("5"))
        connection.reply(NoParameters())
        test.run()
        #expect(client.receive().filter(\.isNumber) == "12345")
        #expect(session.told == ["a.b.Subscribe"])
        #expect(connection.bufferedBytes == 0)
    }

    @Test func `pending events of a client that does not read are shared and read later`() throws {
        let (_, connection, client) = try open()
        client.send(Self.call("a.b.Subscribe", "more"))
        test.run()
        let event = Self.message(String(repeating: "x", count: 1 << 10))
        for _ in 0..<1000 {
            connection.reply(alike: event)
            test.advance(by: .milliseconds(1))
        }
        #expect(connection.writer.count < 1 << 15)
        #expect(connection.bufferedBytes > 1 << 19)
        var received = 0
        for _ in 0..<1000 where received < 1000 * event.count {
            received += client.receive().utf8.count
            test.advance(by: .milliseconds(1))
        }
        #expect(received == 1000 * event.count)
        #expect(connection.bufferedBytes == 0)
    }

    @Test func `a client that does not read is not read from until it does`() throws {
        let (session, connection, client) = try open()
        session.answers = true
        session.answer = Self.long
        let call = Self.call("a.b.C", "more")
        client.write(call)
        test.run()
        for _ in 0..<100 {
            client.write(call)
            test.run()
        }
        #expect(!connection.state.isWritable)
        #expect(session.told.count < 100)
        #expect(connection.frames.bufferedBytes < 1 << 12)
        #expect(connection.bufferedBytes < 1 << 20)
        // It does not keep the loop from waiting, either.
        #expect(!test.loop.turn(waiting: false))
        var received = 0
        for _ in 0..<10_000 where received < 101 {
            received += client.receive().utf8.count { $0 == 0 }
            test.advance(by: .seconds(1))
        }
        #expect(received == 101)
        #expect(session.told.count == 101)
        #expect(connection.state.isWritable)
        #expect(connection.state.input == .awaited)
    }

    @Test func `pending replies are sent before the connection ends`() throws {
        let (session, connection, client) = try open()
        session.answers = true
        session.answer = Self.long
        client.write(Self.call("a.b.C", "more"))
        test.run()
        client.endInput()
        test.run()
        #expect(!connection.state.isWritable)
        #expect(session.told == ["a.b.C"])
        var text = ""
        for _ in 0..<10_000 where !client.hasEnded {
            text += client.receive()
            test.run()
        }
        #expect(text.utf8.count > Self.long.utf8.count)
        #expect(text.hasSuffix("\0"))
        #expect(session.told == ["a.b.C", "closed"])
    }

    @Test func `a connection to be closed later is closed after the current work`() throws {
        let (session, connection, client) = try open()
        session.onCall = { connection.closeSoon() }
        client.write(Self.call("a.b.C", "oneway") + Self.call("a.b.D", "oneway"))
        test.run()
        #expect(session.told == ["a.b.C", "a.b.D", "closed"])
        #expect(client.receive() == "")
        #expect(client.hasEnded)
    }

    @Test func `a connection to be closed later is sent nothing more, even pending events`() throws {
        let (session, connection, client) = try open()
        client.send(Self.call("a.b.Subscribe", "more"))
        test.run()
        connection.reply(alike: Self.message("first"))
        connection.closeSoon()
        connection.reply(alike: Self.message("last"))
        connection.closeSoon()
        #expect(connection.isFlushQueued)
        test.run()
        #expect(session.told == ["a.b.Subscribe", "closed"])
        #expect(client.receive() == "")
        #expect(client.hasEnded)
    }

    /// More than a socket can buffer.
    private static let long = String(repeating: "x", count: 1 << 18)

    private func open(_ userID: UInt32 = 64001) throws -> (Session, VarlinkConnection, Client) {
        let session = Session()
        let connection = VarlinkConnection(session, of: application, userID: userID, among: connections)
        let client = try Client(connection)
        application.clients.append(client)
        return (session, connection, client)
    }

    /// The other end of a connection.
    private final class Client {
        private let connection: VarlinkConnection
        private var socket: Int32
        private(set) var hasEnded = false

        init(_ connection: VarlinkConnection) throws {
            var ends: [Int32] = [-1, -1]
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
            self.connection = connection
            socket = ends[1]
            try connection.serve(FileDescriptor(rawValue: ends[0]))
        }

        deinit { close() }

        /// Delivers bytes as if they had just been read.
        func send(_ bytes: [UInt8]) {
            connection.frames.append(bytes.span)
            connection.received()
        }

        /// Disconnects as if just detected.
        func leave() { connection.gone() }
        func fail() { connection.failed() }

        func write(_ bytes: [UInt8]) {
            #expect(Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
        }

        func endInput() { shutdown(socket, Int32(SHUT_WR)) }

        func close() {
            if socket >= 0 { Glibc.close(socket) }
            socket = -1
        }

        /// Returns everything received.
        func receive() -> String {
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(socket, &buffer, buffer.count)
                hasEnded = count == 0
                guard count > 0 else { return String(decoding: text, as: UTF8.self) }
                text += buffer[..<count]
            }
        }
    }

    private static func call(_ method: String, _ mode: String) -> [UInt8] {
        Array("{\"method\":\"\(method)\",\"\(mode)\":true}\0".utf8)
    }

    private static func message(_ text: String) -> SharedReply {
        let writer = JSONWriter()
        writer.value(text)
        return SharedReply(writer)
    }

    private final class Application: VarlinkApplication {
        let identity = ServiceIdentity(vendor: "", product: "", version: "", url: "")
        let interfaces: [VarlinkInterface] = []
        let longestMessage = 1000

        var told: [String] = []
        /// Clients that stay until the test is over.
        var clients: [Client] = []

        func answerTogether(_ body: () -> Void) {
            told.append("begin")
            body()
            told.append("end")
        }

        func open(_ peer: PeerCredentials) -> Admission { .accepted(Session()) }
    }

    /// Records what it is called with.
    private final class Session: VarlinkSession {
        var told: [String] = []
        var onCall: () -> Void = {}
        var onClose: () -> Void = {}
        /// Whether to reply; otherwise only oneway calls end.
        var answers = false
        /// A text to reply with.
        var answer: String?

        func answer(_ call: Call, on connection: VarlinkConnection) -> Bool {
            told.append(call.method)
            onCall()
            guard answers || call.mode == .oneway else { return true }
            if let answer { connection.reply(Text(text: answer)) } else { connection.reply(NoParameters()) }
            return true
        }

        func disconnected() { told.append("disconnected") }

        func close() {
            told.append("closed")
            onClose()
        }
    }

    private struct Text: JSONEncodable {
        var text: String

        func encode(to writer: JSONWriter) {
            writer.beginObject()
            writer.name("text")
            writer.value(text)
            writer.endObject()
        }
    }
}
