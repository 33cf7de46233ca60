import POSIX
import SystemPackage

/// The fate of the process that made a claim.
enum Claimant: ~Copyable {
    case alive(ProcessDescriptor)
    case ended
    /// The process may be alive, but cannot be seen from here.
    case hidden
}

extension Claim {
    /// The claim of this process.
    ///
    /// Throws `peerNotVisible` where `/proc` shows the numbers of another PID namespace.
    static func own() throws(ExchangeError) -> Claim {
        let process = ThisProcess.id
        let numberInProc = (try? FilePath("/proc/self").linkTarget())?.string
        guard let namespace = try? ThisProcess.namespace("pid"), numberInProc == "\(process)",
            let startTime = try startTime(of: process)
        else { throw .peerNotVisible(processID: process) }
        return Claim(
            processID: process,
            pidNamespace: namespace,
            timeNamespace: (try? ThisProcess.namespace("time")) ?? 0,
            startTime: startTime
        )
    }

    /// Opens the process that made a claim, as seen from the namespaces of `own`.
    ///
    /// In this order the descriptor is certain to be of that very process: descriptor, start time, whether it still runs.
    func claimant(seenBy own: Claim) throws(ExchangeError) -> Claimant {
        guard processID > 0 else { return .ended }
        guard sharesNamespaces(with: own) else { return .hidden }
        let process: ProcessDescriptor
        do throws(Errno) { process = try ProcessDescriptor(processID) } catch {
            // The number belongs to no process, or to a thread.
            if [Errno.noSuchProcess, .invalidArgument, .noSuchFileOrDirectory].contains(error) {
                return .ended
            }
            throw .systemCall("pidfd_open", error)
        }
        let startTime = try Self.startTime(of: processID)
        if process.hasEnded { return .ended }
        guard let startTime else { return .hidden }
        return began(at: startTime) ? .alive(process) : .ended
    }

    /// The start time of a process; nil if it cannot be seen.
    private static func startTime(of process: Int32) throws(ExchangeError) -> UInt64? {
        do throws(Errno) { return try Process(process).startTime } catch {
            guard [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory].contains(error) else {
                return nil
            }
            throw .systemCall("open", error)
        }
    }
}
