import ArgumentParser
import SegmentClient

struct Write: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write standard input into a segment.")

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: String

    @Option(parsing: .unconditional, help: ArgumentHelp("Begin at this byte.", valueName: "n"))
    var offset = 0

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard offset >= 0 else { throw ValidationError("--offset must not be negative") }
    }

    func run() throws {
        try options.clientOfOwnNamespace().withSegment(name, access: .readWrite) { segment in
            guard offset <= segment.size else {
                throw Failure("segment \(name) ends at byte \(segment.size), before offset \(offset)")
            }
            try StandardStreams.fill(&segment, from: offset)
        }
    }
}
