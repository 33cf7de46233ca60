import ArgumentParser
import CLinux
import Glibc

/// The baseline: one thread, one connection at a time, what comes in goes out.
struct Echo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Echo over a Unix socket.",
        shouldDisplay: false
    )

    @Argument var path: String

    func run() throws {
        let listening = UnixSocket.make()
        guard UnixSocket.bind(listening, path) == 0, listen(listening, 128) == 0 else {
            throw ValidationError("no socket at \(path)")
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let connection = accept(listening, nil, nil)
            while true {
                let count = recv(connection, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                send(connection, buffer, count, Int32(MSG_NOSIGNAL))
            }
            close(connection)
        }
    }
}

/// The echo in a process of its own.
final class EchoServer {
    let socket: String
    private let process: pid_t

    init(in directory: String) throws {
        socket = directory + "/echo"
        process = try Spawn.start([CommandLine.arguments[0], "echo", socket])
        while access(socket, F_OK) != 0 { usleep(1000) }
    }

    func stop() {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }
}

/// Sends bytes and waits until as many have come back.
final class EchoClient {
    private let descriptor = UnixSocket.make()
    private var buffer = [UInt8](repeating: 0, count: 4096)

    init(_ path: String) throws {
        guard UnixSocket.connect(descriptor, path) == 0 else { throw ValidationError("no echo at \(path)") }
    }

    deinit { close(descriptor) }

    func exchange(_ bytes: [UInt8]) {
        send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        var received = 0
        while received < bytes.count {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            received += count
        }
    }
}

enum UnixSocket {
    static func make() -> Int32 {
        socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    static func bind(_ descriptor: Int32, _ path: String) -> Int32 {
        withAddress(path) { Glibc.bind(descriptor, $0, $1) }
    }

    static func connect(_ descriptor: Int32, _ path: String) -> Int32 {
        withAddress(path) { Glibc.connect(descriptor, $0, $1) }
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
