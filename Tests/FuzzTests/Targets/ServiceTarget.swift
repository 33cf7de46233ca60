import EventLoop
import Glibc
import Logging
import POSIX
import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Varlink

@testable import SegmentService
@testable import VarlinkServer

/// For any input of a client, replies are messages in order, and nothing of the client is left when it
/// disconnects.
enum ServiceTarget {
    /// Unused threads: only administrators can cause slow work.
    private static let external = ExternalServices(
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
        // The key needs no lookup, so the loop knows only one thread.
        let key = KeyDeclaration.value(SegmentKey(bits: 7))
        try fixture.start([
            .test("a", mode: 0o666), .test("b"), .test("c", keep: .whileUsed(linger: .zero), key: key),
        ])
        let test = TestLoop()
        let service = service(fixture, test.loop)
        let connections = OpenConnections(test.loop, answerTogether: service.answerTogether)
        guard case .accepted(let session) = service.open(peer) else {
            preconditionFailure("nobody else is there")
        }
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &ends) == 0)
        let client = ends[1]
        let connection = VarlinkConnection(session, of: service, userID: peer.userID, among: connections)
        try connection.serve(FileDescriptor(rawValue: ends[0]))
        var replies: [UInt8] = []
        // The first byte selects how the rest is split.
        let length = max(1, Int(bytes.first ?? 0) * 4)
        var rest = bytes.dropFirst()
        while !rest.isEmpty {
            // No effect if the connection is closed or no longer read.
            _ = Array(rest.prefix(length)).withUnsafeBytes {
                send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            test.advance(by: .milliseconds(10))
            replies += received(by: client)
            rest = rest.dropFirst(length)
        }
        shutdown(client, Int32(SHUT_WR))
        test.advance(by: .seconds(10))
        while true {
            let more = received(by: client)
            guard !more.isEmpty else { break }
            replies += more
            test.advance(by: .seconds(10))
        }
        check(replies)
        close(client)
        test.advance(by: .seconds(10))
        precondition(fixture.broker.leaseCount == 0, "a lease is left")
        precondition(service.quota.count == 0, "a connection is left")
    }

    /// A peer that is not an administrator.
    private static let peer = PeerCredentials(
        processID: 1,
        userID: 1000,
        groupID: 500
    )

    private static func service(_ fixture: BrokerFixture, _ loop: EventLoop) -> SegmentService {
        SegmentService(
            broker: fixture.broker,
            loop: loop,
            external: external,
            notifications: ServiceNotifications(
                reloading: {},
                ready: { _ in },
                status: { _ in },
                alive: {}
            ),
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() },
            process: SegmentService.DaemonProcess(
                identity: ServiceIdentity(vendor: "", product: "", version: "", url: ""),
                processID: 1,
                started: 0
            ),
            setLogLevel: { _ in }
        )
    }

    private static func received(by client: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
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
