import CLinux
import Glibc
import SystemPackage

/// A process that is watched by a descriptor of its own, which no other process can ever get: pidfd_open(2).
@safe
struct PeerProcess: ~Copyable, Sendable {
    let processID: Int32
    /// For poll(2): readable once the process has ended.
    let descriptor: Int32

    fileprivate init(_ processID: Int32, _ descriptor: Int32) {
        self.processID = processID
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    var hasEnded: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }
}

/// What has become of the process that made a claim.
enum Claimant: ~Copyable {
    case alive(PeerProcess)
    case ended
    /// It may be alive, but not for us to see.
    case hidden
}

extension Claim {
    /// This process's own.
    ///
    /// Throws `cannotBeWatched` where `/proc` shows the numbers of another PID namespace.
    static func own() throws(ExchangeError) -> Claim {
        let process = getpid()
        guard let namespace = inode("/proc/self/ns/pid"), numberInProc == process,
            let startTime = try startTime(of: process)
        else { throw .cannotBeWatched(processID: process) }
        return Claim(
            processID: process,
            pidNamespace: namespace,
            timeNamespace: inode("/proc/self/ns/time") ?? 0,
            startTime: startTime
        )
    }

    /// Opens the process of a claim; `own` says where we are.
    ///
    /// First the descriptor, then the start time, then whether it still runs: so the descriptor is of the very process.
    func claimant(seenBy own: Claim) throws(ExchangeError) -> Claimant {
        guard processID > 0 else { return .ended }
        guard sharesNamespaces(with: own) else { return .hidden }
        let descriptor = clinux_process_descriptor(processID)
        guard descriptor >= 0 else {
            // EINVAL, or ENOENT since Linux 6.15: the number is a thread's.
            guard [ESRCH, EINVAL, ENOENT].contains(errno) else {
                throw .failed(call: "pidfd_open", errno: errno)
            }
            return .ended
        }
        let process = PeerProcess(processID, descriptor)
        let startTime = try Self.startTime(of: processID)
        if process.hasEnded { return .ended }
        guard let startTime else { return .hidden }
        return began(at: startTime) ? .alive(process) : .ended
    }

    /// This process's number as `/proc` has it.
    private static var numberInProc: Int32? {
        var text = [CChar](repeating: 0, count: 16)
        let count = unsafe readlink("/proc/self", &text, text.count)
        return Int32(String(decoding: text[..<max(0, count)].map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    private static func inode(_ path: String) -> UInt64? {
        var file = stat()
        return unsafe stat(path, &file) == 0 ? UInt64(file.st_ino) : nil
    }

    /// Field 22 of `/proc/PID/stat`, in clock ticks since boot; nil if there is none to see.
    private static func startTime(of process: Int32) throws(ExchangeError) -> UInt64? {
        let text: [UInt8]
        do {
            text = try contents(of: FilePath("/proc/\(process)/stat"))
        } catch let error as Errno
            where [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory].contains(error)
        {
            throw .failed(call: "open", errno: error.rawValue)
        } catch {
            return nil
        }
        // The command may have spaces and parentheses of its own; after it comes field 3.
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
    }

    /// The first 4 KiB.
    private static func contents(of path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        defer { try? file.close() }
        var text = [UInt8](repeating: 0, count: 4096)
        let count = try unsafe text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
        return Array(text[..<count])
    }
}
