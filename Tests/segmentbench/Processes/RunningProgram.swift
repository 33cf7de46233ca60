import CLinux
import Glibc
import SystemVSharedMemory

/// A program that was started and has said READY=1; when the scope is left, it and its segments are gone.
struct RunningProgram {
    let process: pid_t
    /// From exec to READY=1, in ns.
    let readyAfter: UInt64

    static func with<Result>(
        _ arguments: [String],
        in directory: WorkingDirectory,
        _ body: (RunningProgram) throws -> Result
    ) throws -> Result {
        let listener = try ReadyListener(directory.notifySocket)
        let start = Moment.now
        let process = try spawn(arguments) {
            posix_spawn_file_actions_addopen(
                $0,
                STDOUT_FILENO,
                directory.log,
                O_WRONLY | O_CREAT | O_TRUNC,
                0o600
            )
            posix_spawn_file_actions_adddup2($0, STDOUT_FILENO, STDERR_FILENO)
        }
        defer { end(process) }
        guard listener.waitForReady(orEndOf: process) else {
            try Interruption.check()
            throw BenchmarkError.notReady(arguments[0], log: directory.lastWords)
        }
        return try body(RunningProgram(process: process, readyAfter: Moment.now - start))
    }

    /// CPU time of all its threads, in ns.
    var processorTime: UInt64 {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Ends it as a service manager would, within 10 s, and removes the segments it has left.
    private static func end(_ process: pid_t) {
        kill(process, SIGTERM)
        let descriptor = clinux_process_descriptor(process)
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&entry, 1, 10_000) <= 0 { kill(process, SIGKILL) }
        close(descriptor)
        waitpid(process, nil, 0)
        let kernel = LinuxKernel()
        for (identifier, status) in (try? kernel.allSegments()) ?? [:]
        where status.creatorProcessID == process {
            try? kernel.remove(identifier)
        }
    }
}

extension WorkingDirectory {
    /// The end of what the program wrote.
    fileprivate var lastWords: String {
        guard let file = fopen(log, "r") else { return "" }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1000)
        // Fails where there is less than that.
        fseek(file, -buffer.count, SEEK_END)
        return String(decoding: buffer[..<fread(&buffer, 1, buffer.count, file)], as: UTF8.self)
    }
}
