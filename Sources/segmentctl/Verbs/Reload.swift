import ArgumentParser
import Segments
import SegmentInterface
import SegmentModel

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the daemon read its configuration again; a bad one changes nothing.",
        discussion:
            "The exit status is 3 if a segment cannot be made, whether or not this reload has changed it."
    )

    @Flag(help: "Remove the segments of a directory that is not there any more, instead of refusing.")
    var removeAll = false

    @Flag(help: "Exit with 0 although segments cannot be made.")
    var allowBlocked = false

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let outcome: ReloadOutcome
        let client = try options.client()
        do throws(SegmentClientError) {
            outcome = try client.reloadConfiguration(removeAll: removeAll)
        } catch {
            guard error.code == .configurationInvalid else { throw error }
            try options.show(error.configurationProblems)
            throw ExitStatus.configurationInvalid
        }
        let blocked = outcome.blocked ?? []
        if options.json == .off {
            try show(outcome)
            for name in blocked.prefix(Self.mostExplained) { explain(name, client) }
        } else {
            try options.printJSON(outcome)
        }
        if !blocked.isEmpty, !allowBlocked { throw ExitStatus.notReady }
    }

    /// Each has a line on standard error.
    private static let mostExplained = 100

    private func show(_ outcome: ReloadOutcome) throws(Failure) {
        let parts = [
            ("Created", outcome.created), ("Changed", outcome.changed), ("Removing", outcome.removing),
            ("Blocked", outcome.blocked ?? []),
        ]
        for (word, names) in parts where !names.isEmpty {
            try Output.print("\(word): \(names.map(\.string).joined(separator: " "))")
        }
    }

    private func explain(_ name: SegmentName, _ client: SegmentClient) {
        // It may be another story by now.
        guard let problem = (try? client.segment(named: name))?.problems.first else { return }
        Output.complain(
            "segmentctl: segment \(name): \(problem.message)" + (problem.remedy.map { "; \($0)" } ?? "")
        )
    }
}

extension GlobalOptions {
    /// Problems of a configuration: errors for people on standard error, for programs as JSON.
    func show(_ problems: [ConfigurationProblem]) throws {
        if json != .off { return try printJSON(JSONArray(problems)) }
        for problem in problems { Output.complain("\(problem)") }
    }
}
