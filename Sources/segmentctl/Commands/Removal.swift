public import ArgumentParser
import Segments

struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove a segment; a declared one is created again when next acquired.",
        discussion: """
            unused refuses while the segment is leased or attached; idle removes it once it is neither; now marks it at \
            once: clients keep the old memory, and the name stays taken until their last detach.
            """
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @Option(help: "unused, idle or now.")
    var when = RemovalPolicy.ifUnused

    @OptionGroup var options: GlobalOptions

    func run() throws { try options.client().remove(name, when: when) }
}

extension RemovalPolicy: ExpressibleByArgument {}

struct Renew: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove a segment and create it again in one step, as currently declared.",
        discussion: """
            Its key is never free in between. unused refuses while the segment is leased or attached; idle waits until it \
            is neither; now replaces it at once: clients keep the old memory. A missing segment is created.
            """
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @Option(help: "unused, idle or now.")
    var when = RemovalPolicy.ifUnused

    @OptionGroup var options: GlobalOptions

    func run() throws { try options.client().renew(name, when: when) }
}
