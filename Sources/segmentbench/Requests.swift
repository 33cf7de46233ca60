import ArgumentParser
import Glibc
import SegmentClient
import SegmentInterface
import SegmentModel
import SystemVSharedMemory
import Varlink

/// Warm and cold requests, beside a bare echo over a Unix socket.
struct Requests: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Times of requests, as medians, beside a bare echo of the same bytes."
    )

    @Option(help: "Measurements of each kind.")
    var count = 20000

    func run() throws {
        let daemon = try DaemonUnderTest(segments: 1, sizes: [1 << 20])
        defer { daemon.stop() }
        let echo = try EchoServer(in: daemon.directory)
        defer { echo.stop() }
        try warm(daemon, echo)
        try cold(daemon, echo)
    }

    private func warm(_ daemon: DaemonUnderTest, _ echo: EchoServer) throws {
        let broker = try ClientConnection(path: daemon.socket, timeLimit: .seconds(5))
        let bare = try EchoClient(echo.socket)
        var acquires = Samples(), releases = Samples(), acquireEchoes = Samples(), releaseEchoes = Samples()
        let acquire = AcquireParameters(name: "segment-0", access: .readWrite)
        var writer = JSONWriter()
        Call.write(BrokerMethod.acquire.rawValue, acquire, mode: .plain, to: &writer)
        let acquireBytes = writer.bytes
        writer.reset()
        Call.write(BrokerMethod.release.rawValue, ReleaseParameters(lease: "1"), mode: .plain, to: &writer)
        let releaseBytes = writer.bytes
        for _ in 0..<count {
            acquireEchoes.measure { bare.exchange(acquireBytes) }
            var lease = ""
            try acquires.measure {
                let reply = try broker.call(BrokerMethod.acquire.rawValue, acquire, timeLimit: .seconds(5))
                var reader = ParameterReader(reply.parameters)
                lease = try Grant(from: &reader).lease
            }
            releaseEchoes.measure { bare.exchange(releaseBytes) }
            try releases.measure {
                _ = try broker.call(
                    BrokerMethod.release.rawValue,
                    ReleaseParameters(lease: lease),
                    timeLimit: .seconds(5)
                )
            }
        }
        Row.heading()
        Row.print("warm Acquire", acquires, "bare echo of the same bytes", acquireEchoes)
        Row.print("warm Release", releases, "bare echo of the same bytes", releaseEchoes)
    }

    private func cold(_ daemon: DaemonUnderTest, _ echo: EchoServer) throws {
        let identifier = try SegmentClient(socket: daemon.socket).describe("segment-0").identifier
        let kernel = LinuxKernel()
        guard let identifier else { throw ValidationError("the segment is not there") }
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
        var colds = Samples(), bares = Samples()
        for _ in 0..<count / 4 {
            try bares.measure {
                let client = try EchoClient(echo.socket)
                client.exchange(bytes)
                try kernel.detach(try kernel.attach(identifier, readOnly: false))
            }
            try colds.measure {
                let client = try SegmentClient(socket: daemon.socket)
                try client.withSegment("segment-0") { _ in }
            }
        }
        Row.print("cold connect + Acquire + attach", colds, "connect + echo + shmat", bares)
    }
}
