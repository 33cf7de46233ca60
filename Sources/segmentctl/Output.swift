import POSIX
import PrintableText
import SegmentInterface
import SystemPackage
import Varlink

/// Standard output and standard error; all text of segmentctl is written here.
///
/// The line structure is segmentctl's own. The text in a line may come from anyone, so it is made printable.
enum Output {
    /// Prints one line.
    static func print(_ line: String) throws(Failure) { try print([Line(line)]) }

    static func print(_ lines: [Line]) throws(Failure) { try write(text(lines), to: .standardOutput) }

    /// Prints a value of the wire as JSON, which escapes what a terminal would obey.
    static func print(_ value: some JSONEncodable, _ form: JSONForm) throws(Failure) {
        let writer = JSONWriter()
        writer.value(value)
        let bytes = form == .pretty ? PrettyJSON.bytes(writer.bytes) : writer.bytes
        try write(String(decoding: bytes, as: UTF8.self) + "\n", to: .standardOutput)
    }

    /// Shows lines in a pager on a terminal, and prints them elsewhere.
    static func page(_ lines: [Line], _ choice: PagerChoice) throws(Failure) {
        guard !Pager.show(text(lines), by: choice) else { return }
        try print(lines)
    }

    /// Prints one line on standard error; a failure is ignored, since it cannot be reported.
    static func complain(_ line: String) { try? write(line.printable + "\n", to: .standardError) }

    /// Prints texts of argument-parser, which have several lines and quote the command line.
    static func explain(_ text: String, on file: FileDescriptor) throws(Failure) {
        let lines = (text.hasSuffix("\n") ? text.dropLast() : text[...])
            .split(separator: "\n", omittingEmptySubsequences: false)
        try write(Self.text(lines.map { Line(String($0)) }), to: file)
    }

    /// Replaces the current line of standard error.
    static func redraw(_ line: String, isLast: Bool = false) {
        try? write("\r\u{1b}[K\(line.printable)" + (isLast && !line.isEmpty ? "\n" : ""), to: .standardError)
    }

    /// Ends the process by SIGPIPE once standard output has no reader, even while there is nothing to write.
    static func endWithReader() {
        // Without a thread, the next line written ends it.
        try? Thread.detach {
            let events = try? FileDescriptor.standardOutput.wait(for: [])
            if events?.contains(.error) == true { ThisProcess.endByPipeSignal() }
        }
    }

    private static func text(_ lines: [Line]) -> String { lines.map { $0.printable + "\n" }.joined() }

    private static func write(_ text: String, to file: FileDescriptor) throws(Failure) {
        var text = text
        do {
            try text.withUTF8 { unsafe try write(UnsafeRawBufferPointer($0), to: file) }
        } catch {
            throw Failure("\(error)")
        }
    }

    /// Writes all bytes, however long that takes.
    static func write(
        _ bytes: UnsafeRawBufferPointer,
        to file: FileDescriptor = .standardOutput
    ) throws(Failure) {
        do {
            unsafe try file.writePatiently(bytes)
        } catch {
            throw Failure("standard output cannot be written: \(error)")
        }
    }
}

/// Properties of the terminal.
enum Terminal {
    static var isOutput: Bool { FileDescriptor.standardOutput.isTerminal }

    /// See no-color.org.
    static var hasColor: Bool {
        guard isOutput, ThisProcess.variable("NO_COLOR") == nil else { return false }
        return ThisProcess.variable("TERM").map { $0 != "dumb" } ?? false
    }
}

/// Prints values of the wire, for programs.
extension GlobalOptions {
    func printJSON(_ value: some JSONEncodable) throws(Failure) { try Output.print(value, json) }
}

/// A JSON array of elements.
struct JSONArray<Element: JSONEncodable>: JSONEncodable {
    var elements: [Element]

    init(_ elements: [Element]) {
        self.elements = elements
    }

    func encode(to writer: JSONWriter) {
        writer.beginArray()
        for element in elements { writer.value(element) }
        writer.endArray()
    }
}

/// A key or an identifier, encoded as the integer of the type Segment.
struct JSONNumber: JSONEncodable {
    var value: Int32

    init(_ value: Int32) {
        self.value = value
    }

    func encode(to writer: JSONWriter) { writer.value(value) }
}

/// Formats JSON with one line per member, indented by two spaces.
enum PrettyJSON {
    /// Formats JSON, which must have no white space outside of strings.
    static func bytes(_ bytes: [UInt8]) -> [UInt8] {
        var pretty: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        func newLine() {
            pretty.append(UInt8(ascii: "\n"))
            pretty.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
        }
        for (index, byte) in bytes.enumerated() {
            if isInString {
                pretty.append(byte)
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                pretty.append(byte)
                // `{` and `[` are two less than `}` and `]`.
                if bytes[index + 1] != byte + 2 {
                    depth += 1
                    newLine()
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if bytes[index - 1] != byte - 2 {
                    depth -= 1
                    newLine()
                }
                pretty.append(byte)
            case UInt8(ascii: ","):
                pretty.append(byte)
                newLine()
            case UInt8(ascii: ":"):
                pretty += [byte, UInt8(ascii: " ")]
            default:
                isInString = byte == UInt8(ascii: "\"")
                pretty.append(byte)
            }
        }
        return pretty
    }
}
