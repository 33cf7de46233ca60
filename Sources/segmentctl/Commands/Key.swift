import ArgumentParser
import Segments

struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a segment's key alone, as 0x%08x, for scripts."
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let segment = try options.clientOfOwnNamespace().segment(named: name)
        guard let key = segment.key else { throw NotInKernel(segment) }
        guard options.json == .off else { return try options.printJSON(JSONNumber(key.rawValue)) }
        try Output.print(key.description)
    }
}

struct Identifier: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id",
        abstract: "Print a segment's identifier (shmid) alone, for scripts."
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let segment = try options.clientOfOwnNamespace().segment(named: name)
        guard let identifier = segment.identifier else { throw NotInKernel(segment) }
        guard options.json == .off else { return try options.printJSON(JSONNumber(identifier.rawValue)) }
        try Output.print(identifier.description)
    }
}

/// A declared segment that currently has no key or identifier.
struct NotInKernel: Error, CustomStringConvertible {
    let description: String

    init(_ segment: SegmentDescription) {
        let next =
            segment.state == .removing
            ? "it is created again after its last detach" : "it is created when a client acquires it"
        description =
            "segment \(segment.name) is \(segment.state.rawValue)"
            + (segment.problems.first.map { ": \($0.message)" } ?? "; \(next)")
    }
}
