import CLinux
import Glibc
import SegmentClient
import Synchronization

/// A command that runs beside us: signals sent to us go to it, and it is waited for.
struct ChildCommand {
    private let process: pid_t

    /// Starts a command, found as the shell finds it, with more variables than our own.
    ///
    /// Throws 126 or 127 as env(1) exits.
    init(_ command: [String], variables: [(name: String, value: String)]) throws(CannotRun) {
        for variable in variables { unsafe setenv(variable.name, variable.value, 1) }
        let arguments = unsafe command.map { unsafe strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let error = unsafe posix_spawnp(&process, command[0], nil, nil, arguments, environ)
        guard error == 0 else { throw CannotRun(command: command[0], errno: error) }
        self.process = process
    }

    /// Waits for the command's end; meanwhile takes the leases again whenever the daemon has been restarted.
    ///
    /// Returns the exit status as a shell gives it.
    func wait(whileWatching client: SegmentClient, _ notice: (String) -> Void) -> Int32 {
        SignalForwarding.start(to: process)
        let descriptor = clinux_process_descriptor(process)
        while !hasEnded(descriptor, client) {
            do throws(SegmentClientError) {
                for refusal in try client.takeLeasesAgain() { notice("\(refusal)") }
            } catch {}
        }
        close(descriptor)
        return exitStatus
    }

    /// Returns once there is something to do: the command has ended, or the daemon is gone.
    ///
    /// While the daemon is gone it is asked for every second.
    private func hasEnded(_ descriptor: Int32, _ client: SegmentClient) -> Bool {
        let daemon = client.descriptor
        var entries = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: daemon ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let ready = unsafe poll(&entries, nfds_t(entries.count), daemon == nil ? 1000 : -1)
        return ready > 0 && entries[0].revents != 0
    }

    private var exitStatus: Int32 {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }
}

/// A command that cannot be run.
struct CannotRun: Error, CustomStringConvertible {
    let command: String
    let errno: Int32

    var status: Int32 { errno == ENOENT ? 127 : 126 }

    var description: String {
        unsafe "\(command) cannot be run: \(String(cString: strerror(errno)))"
    }
}

/// Passes on INT, TERM and HUP.
///
/// The terminal sends a signal to its whole foreground group, the command included: only those of other processes
/// are passed on.
private enum SignalForwarding {
    private static let target = Atomic<pid_t>(0)

    static func start(to process: pid_t) {
        target.store(process, ordering: .sequentiallyConsistent)
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            var action = sigaction()
            action.sa_flags = SA_SIGINFO
            unsafe action.__sigaction_handler.sa_sigaction = { signal, information, _ in
                guard let information = unsafe information, unsafe information.pointee.si_code <= 0 else {
                    return
                }
                kill(SignalForwarding.target.load(ordering: .sequentiallyConsistent), signal)
            }
            unsafe sigaction(signal, &action, nil)
        }
    }
}
