import Glibc
import POSIX
import SystemPackage

/// Shows text in a pager.
enum Pager {
    /// Shows text and returns once the user quits; returns false if there is no pager or it cannot be run.
    static func show(_ text: String, by choice: PagerChoice) -> Bool {
        switch choice {
        case .none: return false
        case .less(let isSecure):
            // Text that fits on the screen is printed directly, and ctrl-C quits less.
            unsafe setenv("LESS", "FRSXMK", 1)
            if isSecure {
                unsafe setenv("LESSSECURE", "1", 1)
                unsafe unsetenv("LESSSECURE_ALLOW")
            }
            return run(["less"], text)
        case .command(let command): return run(["/bin/sh", "-c", command], text)
        }
    }

    /// Reads a variable safely for a setuid program.
    static func variable(_ name: String) -> String? {
        ThisProcess.secureVariable(name, emptyIsUnset: false)
    }

    private static func run(_ command: [String], _ text: String) -> Bool {
        // The pager handles ctrl-C and must not be orphaned; a pager that quits early is not an error.
        let ignored = [SIGINT, SIGPIPE].map { ($0, signal($0, SIG_IGN)) }
        defer { for (number, action) in ignored { _ = signal(number, action) } }
        guard let (process, input) = start(command) else { return false }
        var text = text
        try? text.withUTF8 { unsafe try input.writePatiently(UnsafeRawBufferPointer($0)) }
        try? input.close()
        guard let status = Spawn.end(of: process) else { return true }
        // The shell's exit statuses for a program that cannot be run.
        return status & 0x7f != 0 || ![126, 127].contains(status >> 8 & 0xff)
    }

    /// Starts the pager; returns it with its standard input.
    private static func start(_ command: [String]) -> (process: pid_t, input: FileDescriptor)? {
        guard let (output, input) = try? FileDescriptor.pipe(options: .closeOnExec) else { return nil }
        defer { try? output.close() }
        do throws(Errno) {
            let process = try Spawn.start(command, input: output, defaultActions: [SIGINT, SIGPIPE])
            return (process, input)
        } catch {
            try? input.close()
            return nil
        }
    }
}
