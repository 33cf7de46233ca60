import ArgumentParser
import Segments
import SegmentExchange

struct Send: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send standard input or a file through a segment, to `segmentctl receive`.",
        discussion: """
            Waits for the receiver, and exits with 0 only once it has received everything. The two may be started in \
            either order. A segment carries one stream at a time.
            """
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @Argument(help: ArgumentHelp("The file; standard input if none is given, or `-`.", valueName: "file"))
    var path = "-"

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let file = try StreamedFile(reading: path)
        let length = file.length
        let segment = try options.clientOfOwnNamespace().attach(name, access: .readWrite)
        var progress = Progress(of: file, total: length, quiet: options.quiet)
        progress.waiting(for: "receiver")
        defer { progress.end() }
        do {
            var writer = try SegmentStreamWriter.open(segment)
            progress.begin()
            while try writer.copyAvailable(from: file.descriptor) > 0 { progress.show(writer.offset) }
            // Most likely, the receiver is writing to the same file.
            if let length, writer.position < length {
                throw Failure("\(path) ended at byte \(writer.position), but had \(length) bytes before")
            }
            try writer.finish()
        } catch let error as ExchangeError {
            throw ExchangeFailure(segment: name.description, error: error)
        }
    }
}

struct Receive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receive a stream from `segmentctl send`, to standard output or a file.",
        discussion: """
            Waits for the sender. Exits with 0 only if everything has arrived: a sender that dies or is interrupted is \
            an error, and what was received until then is kept.
            """
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @Argument(
        help: ArgumentHelp(
            "The file, emptied once the sender is connected; standard output if none is given, or `-`.",
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
            var reader = try SegmentStreamReader.open(segment)
            guard !file.isRead(by: reader.peerProcessID) else {
                let name = path == "-" ? "standard output" : path
                throw Failure("\(name) is the file being sent: process \(reader.peerProcessID) reads it")
            }
            progress.begin()
            try file.empty()
            while try reader.copyAvailable(to: file.descriptor) > 0 { progress.show(reader.offset) }
            try file.close()
        } catch let error as ExchangeError {
            throw ExchangeFailure(segment: name.description, error: error)
        }
    }
}
