import ArgumentParser

/// Measures segmentd, each figure beside its baseline: the same done by the least that can do it, in the same run.
///
/// A part is a subcommand that returns rows. What it runs on is the caller's: `taskset -c 0` for one CPU,
/// the only quiet way to compare request times on a machine with other work, and `unshare --ipc` for an IPC namespace
/// without other segments; `make bench` does both.
@main
struct Segmentbench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segmentbench",
        abstract: "Measures segmentd, each figure with its baseline in the same run.",
        subcommands: [
            Requests.self, Neighbours.self, Starts.self, Transfer.self, LatestValues.self, LatestPartner.self,
        ]
    )
}
