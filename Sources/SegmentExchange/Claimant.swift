import POSIX
import SystemPackage

/// What has become of the process that made a claim.
enum Claimant: ~Copyable {
    case alive(ProcessDescriptor)
    case ended
    /// It may be alive, but not for us to see.
    case hidden
}

extension Claim {
    /// This process's own.
    ///
    /// Throws `cannotBeWatched` where `/proc` shows the numbers of another PID namespace.
    static func own() throws(ExchangeError) -> Claim {
        let process = ThisProcess.id
        let numberInProc = (try? FilePath("/proc/self").linkTarget())?.string
        guard let namespace = try? ThisProcess.namespace("pid"), numberInProc == "\(process)",
            let startTime = try startTime(of: process)
        else { throw .cannotBeWatched(processID: process) }
        return Claim(
            processID: process,
            pidNamespace: namespace,
            timeNamespace: (try? ThisProcess.namespace("time")) ?? 0,
            startTime: startTime
        )
    }

    /// Opens the process of a claim; `own` says where we are.
    ///
    /// First the descriptor, then the start time, then whether it still runs: so the descriptor is of the very process.
    func claimant(seenBy own: Claim) throws(ExchangeError) -> Claimant {
        guard processID > 0 else { return .ended }
        guard sharesNamespaces(with: own) else { return .hidden }
        let process: ProcessDescriptor
        do throws(Errno) { process = try ProcessDescriptor(processID) } catch {
            // The number is nobody's, or a thread's.
            if [Errno.noSuchProcess, .invalidArgument, .noSuchFileOrDirectory].contains(error) {
                return .ended
            }
            throw .failed(call: "pidfd_open", errno: error.rawValue)
        }
        let startTime = try Self.startTime(of: processID)
        if process.hasEnded { return .ended }
        guard let startTime else { return .hidden }
        return began(at: startTime) ? .alive(process) : .ended
    }

    /// Nil if there is none to see.
    private static func startTime(of process: Int32) throws(ExchangeError) -> UInt64? {
        do throws(Errno) { return try Process(process).startTime } catch {
            guard [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory].contains(error) else {
                return nil
            }
            throw .failed(call: "open", errno: error.rawValue)
        }
    }
}
