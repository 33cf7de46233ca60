import ArgumentParser
import SegmentClient
import SegmentExchange

struct Receive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receive what `segmentctl send` sends through a segment, to standard output or a file.",
        discussion: """
            Waits for the sender. Exits with 0 only if everything has arrived: a sender that dies or is interrupted is \
            an error, and what has arrived until then is kept.
            """
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: String

    @Argument(
        help: ArgumentHelp(
            "The file, emptied once the sender is there; standard output if none is given, or `-`.",
            valueName: "file"
        )
    )
    var path = "-"

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let file = try StandardStreams.output(path)
        let segment = try options.client().attach(name, access: .readWrite)
        var progress = Progress(of: nil, quiet: options.quiet)
        progress.waiting(for: "sender")
        defer { progress.end() }
        do throws(ExchangeError) {
            var reader = try StreamReader(segment)
            progress.begin()
            if path != "-" { StandardStreams.empty(file) }
            while try reader.read(to: file) > 0 { progress.show(reader.position) }
        } catch {
            throw ExchangeFailure(segment: name, error: error)
        }
    }
}
