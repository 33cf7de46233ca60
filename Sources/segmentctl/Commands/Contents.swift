import ArgumentParser
import PrintableText
import Segments

struct Write: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write standard input into a segment.")

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @Option(parsing: .unconditional, help: ArgumentHelp("Begin at this byte.", valueName: "n"))
    var offset = 0

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard offset >= 0 else { throw ValidationError("--offset must not be negative") }
    }

    func run() throws {
        try options.clientOfOwnNamespace().withSegment(name, access: .readWrite) { segment in
            guard offset <= segment.byteCount else {
                throw Failure("segment \(name) ends at byte \(segment.byteCount), before offset \(offset)")
            }
            try StandardStreams.fill(&segment, from: offset)
        }
    }
}

struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write a segment to standard output.")

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @Option(parsing: .unconditional, help: ArgumentHelp("Begin at this byte.", valueName: "n"))
    var offset = 0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Read this many bytes instead of all to the end.", valueName: "n")
    )
    var length: Int?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard offset >= 0 else { throw ValidationError("--offset must not be negative") }
        guard length ?? 0 >= 0 else { throw ValidationError("--length must not be negative") }
    }

    func run() throws {
        try options.clientOfOwnNamespace().withSegment(name, access: .readOnly) { segment in
            guard offset <= segment.byteCount else {
                throw Failure("segment \(name) ends at byte \(segment.byteCount), before offset \(offset)")
            }
            let rest = segment.byteCount - offset
            guard length ?? 0 <= rest else {
                throw Failure(
                    "segment \(name) has \(counted(rest, "byte")) after offset \(offset), not \(length ?? 0)"
                )
            }
            try StandardStreams.drain(segment, offset..<offset + (length ?? rest))
        }
    }
}
