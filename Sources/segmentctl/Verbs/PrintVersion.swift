import ArgumentParser
import SegmentModel

struct PrintVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version."
    )

    func run() throws { try Output.print("segmentctl \(Product.version)") }
}
