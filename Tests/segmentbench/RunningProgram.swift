import Glibc
import SegmentTestSupport
import SystemVSharedMemory

/// A started program that has sent READY=1; at the end of the scope, it and its segments are removed.
struct RunningProgram {
    let process: pid_t
    /// From exec to READY=1, in ns.
    let readyAfter: UInt64

    static func with<Result>(
        _ arguments: [String],
        in directory: WorkingDirectory,
        _ body: (RunningProgram) throws -> Result
    ) throws -> Result {
        let listener = try NotifyListener(directory.notifySocket)
        let start = Instant.now
        let process = try ChildProcess(
            arguments,
            environment: ["NOTIFY_SOCKET": listener.path],
            errors: directory.log
        )
        defer { end(process) }
        guard listener.hearsReady(of: process) else {
            try Interruption.check()
            throw BenchmarkError.notReady(arguments[0], log: directory.lastWords)
        }
        return try body(RunningProgram(process: process.identifier, readyAfter: Instant.now - start))
    }

    /// CPU time of all its threads, in ns.
    var processorTime: UInt64 {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Ends the program as a service manager would, within 10 s, and removes the segments it has left.
    private static func end(_ process: ChildProcess) {
        process.signal(SIGTERM)
        if !process.ends(within: .seconds(10)) { process.signal(SIGKILL) }
        process.wait()
        let kernel = LinuxKernel()
        for (identifier, status) in (try? kernel.allSegments()) ?? [:]
        where status.creatorProcessID == process.identifier {
            try? kernel.remove(identifier)
        }
    }
}
