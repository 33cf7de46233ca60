import ArgumentParser
import SegmentModel
import Varlink

struct PrintVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        guard options.json == .off else { return try options.printJSON(Version()) }
        try Output.print("segmentctl \(Product.version)")
    }
}

private struct Version: JSONEncodable {
    func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("version", Product.version)
        writer.endObject()
    }
}
