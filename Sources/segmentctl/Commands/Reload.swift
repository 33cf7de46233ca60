import ArgumentParser
import Segments
import SegmentInterface
import SegmentModel

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the daemon reload its configuration; an invalid one changes nothing.",
        discussion:
            "The exit status is 3 if any segment cannot be created, whether or not this reload changed it."
    )

    @Flag(help: "Remove the segments of a vanished directory instead of refusing to reload.")
    var removeAll = false

    @Flag(help: "Exit with 0 even if segments cannot be created.")
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

    /// The most blocked segments explained, each with a line on standard error.
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
        // The problem may be gone by now.
        guard let problem = (try? client.segment(named: name))?.problems.first else { return }
        Output.complain(
            "segmentctl: segment \(name): \(problem.message)" + (problem.remedy.map { "; \($0)" } ?? "")
        )
    }
}

extension GlobalOptions {
    /// Shows problems of a configuration, on standard error for people or as JSON for programs.
    func show(_ problems: [ConfigurationProblem]) throws {
        if json != .off { return try printJSON(JSONArray(problems)) }
        for problem in problems { Output.complain("\(problem)") }
    }
}
