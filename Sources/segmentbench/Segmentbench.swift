import ArgumentParser

/// Measures segmentd against what it is made of, each figure with its baseline in the same run.
///
/// To be run on one CPU (`taskset -c 0`): the only quiet way to compare request times on a machine with other work.
@main
struct Segmentbench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segmentbench",
        abstract: "Measures segmentd, each figure with its baseline in the same run.",
        subcommands: [Requests.self, Starts.self, Echo.self]
    )
}
