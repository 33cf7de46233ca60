import Glibc
import SystemPackage

/// Standard output and standard error.
enum Output {
    static func print(_ text: String) throws(Errno) { try write(text, to: .standardOutput) }

    /// Nobody is left to tell if this fails.
    static func complain(_ text: String) { try? write(text, to: .standardError) }

    /// A page on a terminal, plain text elsewhere.
    static func page(_ text: String) throws(Errno) {
        guard Terminal.isOutput, let pager = unsafe popen(Self.pager, "w") else { return try print(text) }
        unsafe fputs(text + "\n", pager)
        unsafe pclose(pager)
    }

    /// What the user wants, less(1) if there is one, or nothing; a text that fits is just shown.
    private static let pager = #"p=${PAGER-less -FRSX}; command -v ${p%% *} >/dev/null || p=cat; exec $p"#

    private static func write(_ text: String, to file: FileDescriptor) throws(Errno) {
        do {
            try file.writeAll((text.hasSuffix("\n") ? text : text + "\n").utf8)
        } catch let error as Errno {
            throw error
        } catch {
            throw .ioError
        }
    }
}

/// Whether a person looks at the output.
enum Terminal {
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// See no-color.org.
    static var hasColor: Bool {
        guard isOutput, unsafe getenv("NO_COLOR").map({ unsafe $0.pointee == 0 }) ?? true else {
            return false
        }
        return unsafe getenv("TERM").map { unsafe String(cString: $0) != "dumb" } ?? false
    }
}
