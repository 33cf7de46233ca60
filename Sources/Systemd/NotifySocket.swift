import CSystemd
import Glibc
import Synchronization

/// systemd, where `$NOTIFY_SOCKET` names it; otherwise nobody.
///
/// sd_notify(3) waits while the other side does not read, so the few lines that send are our own.
package final class NotifySocket: ServiceManager {
    private let address: Address?
    private let descriptor: Int32
    private let untold = Mutex(UntoldStates())

    package convenience init() {
        self.init(unsafe getenv("NOTIFY_SOCKET").map { unsafe String(cString: $0) })
    }

    /// A path, or with `@` in front a name of the abstract namespace; unix(7).
    init(_ name: String?) {
        address = name.flatMap(Address.init)
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = address == nil ? -1 : socket(AF_UNIX, type, 0)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    @discardableResult
    package func tell(_ states: [ServiceState]) -> Bool {
        untold.withLock { untold in
            untold.add(states)
            while !untold.states.isEmpty {
                guard send(untold.next) else { return false }
                untold.told()
            }
            let momentary = states.filter(\.isMomentary)
            if !momentary.isEmpty { _ = send(momentary[...]) }
            return true
        }
    }

    /// False if there is no room at the moment; that nobody listens is no error.
    private func send(_ states: ArraySlice<ServiceState>) -> Bool {
        guard let address, descriptor >= 0 else { return true }
        let message = Array(states.map(\.text).joined(separator: "\n").utf8)
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        let count = unsafe message.withUnsafeBytes { message in
            unsafe address.withPointer {
                unsafe sendto(descriptor, message.baseAddress, message.count, flags, $0, $1)
            }
        }
        return count >= 0 || ![EAGAIN, ENOBUFS, EINTR].contains(errno)
    }

    /// How often systemd wants to hear `.watchdog`, if at all; sd_watchdog_enabled(3).
    package static var watchdogTimeout: Duration? {
        var time: UInt64 = 0
        return unsafe sd_watchdog_enabled(0, &time) > 0 ? .microseconds(Int64(clamping: time)) : nil
    }

    private struct Address {
        private var address = sockaddr_un()
        private var length: socklen_t

        init?(_ name: String) {
            guard let first = name.utf8.first, [UInt8(ascii: "/"), UInt8(ascii: "@")].contains(first) else {
                return nil
            }
            var bytes = Array(name.utf8)
            if first == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
            address.sun_family = sa_family_t(AF_UNIX)
            length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
            let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
                guard bytes.count <= room.count else { return false }
                unsafe room.copyBytes(from: bytes)
                return true
            }
            guard fits else { return nil }
        }

        func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
            unsafe withUnsafePointer(to: address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
            }
        }
    }
}
