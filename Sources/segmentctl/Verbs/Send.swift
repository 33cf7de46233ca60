import ArgumentParser
import SegmentClient
import SegmentExchange

struct Send: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send standard input or a file through a segment, to `segmentctl receive`.",
        discussion: """
            Waits for the receiver, and exits with 0 only once it has taken everything. The two may be started in \
            either order. A segment carries one stream at a time.
            """
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: String

    @Argument(help: ArgumentHelp("The file; standard input if none is given, or `-`.", valueName: "file"))
    var path = "-"

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let file = try StandardStreams.input(path)
        let segment = try options.client().attach(name, access: .readWrite)
        var progress = Progress(of: StandardStreams.remainingLength(of: file), quiet: options.quiet)
        progress.waiting(for: "receiver")
        defer { progress.end() }
        do throws(ExchangeError) {
            var writer = try StreamWriter(segment)
            progress.begin()
            while try writer.write(from: file) > 0 { progress.show(writer.position) }
            try writer.finish()
        } catch {
            throw ExchangeFailure(segment: name, error: error)
        }
    }
}
