public import ArgumentParser
import Segments

struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove a segment; a declared one is made again when it is next asked for.",
        discussion: """
            unused refuses while anybody has it leased or attached, idle removes it once nobody has, now marks it at \
            once: clients keep the old memory, and the name is theirs until their last detach.
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
        abstract: "Remove a segment and make it again in one step, as it is declared now.",
        discussion: """
            Its key is never free in between. unused refuses while anybody has it leased or attached, idle waits until \
            nobody has, now makes it at once: clients keep the old memory. One that is not there is made.
            """
    )

    @Argument(help: "The segment.", completion: SegmentNames.completion)
    var name: SegmentName

    @Option(help: "unused, idle or now.")
    var when = RemovalPolicy.ifUnused

    @OptionGroup var options: GlobalOptions

    func run() throws { try options.client().renew(name, when: when) }
}
