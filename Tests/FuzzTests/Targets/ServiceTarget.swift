import Logging
import NIOCore
import NIOEmbedded
import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Varlink

@testable import SegmentService
@testable import VarlinkServer

/// Whatever a client sends, replies are messages in order, and nothing of it is left when it has gone.
enum ServiceTarget {
    /// Threads that nobody uses: what is slow is for administrators.
    private static let worlds = OutsideWorlds(
        ConfigurationSource(
            read: { .failure(ConfigurationInvalid(problems: [])) },
            group: { _ in .unknown },
            ownGroup: { nil },
            key: { _ in .unanswered }
        )
    )

    static func run(_ bytes: [UInt8]) {
        do { try serve(bytes) } catch { preconditionFailure("\(error)") }
    }

    private static func serve(_ bytes: [UInt8]) throws {
        let fixture = try BrokerFixture()
        // Nothing is asked on another thread: the loop knows one.
        let key = KeyDeclaration.value(SegmentKey(bits: 7))
        try fixture.start([
            .test("a", mode: 0o666), .test("b"), .test("c", keep: .whileUsed(linger: .zero), key: key),
        ])
        let loop = EmbeddedEventLoop()
        let service = service(fixture, loop)
        let channel = EmbeddedChannel(loop: loop)
        let connections = OpenConnections(loop, answerTogether: service.answerTogether) { body in
            loop.assumeIsolated().scheduleTask(in: .microseconds(100)) { body() }
        }
        guard case .accepted(let session) = service.open(peer) else {
            preconditionFailure("nobody else is there")
        }
        let connection = VarlinkConnection(session, of: service, userID: peer.userID, among: connections)
        try channel.pipeline.syncOperations.addHandler(connection)
        channel.pipeline.fireChannelActive()
        // The first byte chooses how the rest is cut.
        let length = max(1, Int(bytes.first ?? 0) * 4)
        var rest = bytes.dropFirst()
        while !rest.isEmpty {
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: rest.prefix(length)))
            loop.advanceTime(by: .milliseconds(10))
            rest = rest.dropFirst(length)
        }
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        loop.advanceTime(by: .seconds(10))
        check(try written(by: channel))
        _ = try? channel.finish()
        loop.run()
        precondition(fixture.broker.leaseCount == 0, "a lease is left")
        precondition(service.quota.count == 0, "a connection is left")
    }

    /// No administrator.
    private static let peer = PeerCredentials(
        processID: 1,
        userID: 1000,
        groupID: 1000,
        supplementaryGroupIDs: [500]
    )

    private static func service(_ fixture: BrokerFixture, _ loop: EmbeddedEventLoop) -> SegmentService {
        SegmentService(
            broker: fixture.broker,
            eventLoop: loop,
            worlds: worlds,
            announcements: Announcements(
                reloading: {},
                ready: { _ in },
                status: { _ in },
                alive: {}
            ),
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() },
            about: SegmentService.About(
                identity: ServiceIdentity(vendor: "", product: "", version: "", url: ""),
                processID: 1,
                started: 0
            ),
            setLogLevel: { _ in }
        )
    }

    private static func written(by channel: EmbeddedChannel) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while var buffer = try channel.readOutbound(as: ByteBuffer.self) {
            bytes += buffer.readBytes(length: buffer.readableBytes) ?? []
        }
        return bytes
    }

    private static func check(_ bytes: [UInt8]) {
        let frames = FrameDecoder(maximumLength: .max / 2)
        frames.append(bytes.span)
        do {
            while let message = try frames.next() {
                guard case .object(let reply) = message else { preconditionFailure("a reply is no object") }
                precondition(
                    reply.members.allSatisfy { ["parameters", "error", "continues"].contains($0.name) }
                )
            }
        } catch {
            preconditionFailure("a reply is no message: \(error)")
        }
        precondition(frames.bufferedBytes == 0, "a reply has no end")
    }
}
