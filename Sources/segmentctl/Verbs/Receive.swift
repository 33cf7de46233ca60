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
        let segment = try options.clientOfOwnNamespace().attach(name, access: .readWrite)
        let file = try StreamedFile(writing: path)
        var progress = Progress(of: file, total: nil, quiet: options.quiet)
        progress.waiting(for: "sender")
        defer { progress.end() }
        do {
            var reader = try StreamReader(segment)
            guard !file.isRead(by: reader.peerProcessID) else {
                let name = path == "-" ? "standard output" : path
                throw Failure("\(name) is what is being sent: process \(reader.peerProcessID) reads it")
            }
            progress.begin()
            try file.empty()
            while try reader.read(to: file.descriptor) > 0 { progress.show(reader.position) }
            try file.close()
        } catch let error as ExchangeError {
            throw ExchangeFailure(segment: name, error: error)
        }
    }
}
