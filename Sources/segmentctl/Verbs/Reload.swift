import ArgumentParser
import SegmentClient
import SegmentInterface

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the daemon read its configuration again; a bad one changes nothing."
    )

    @Flag(help: "Remove the segments of a directory that is not there any more, instead of refusing.")
    var removeAll = false

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let outcome: ReloadOutcome
        do throws(SegmentClientError) {
            outcome = try options.client().reload(removeAll: removeAll)
        } catch {
            guard case .refused(.configurationInvalid(let problems)) = error else { throw error }
            try options.show(problems)
            throw ExitStatus.configurationInvalid
        }
        guard options.json == .off else { return try options.printJSON(outcome) }
        let parts = [
            ("Created", outcome.created), ("Changed", outcome.changed), ("Removing", outcome.removing),
        ]
        for (word, names) in parts where !names.isEmpty {
            try Output.print("\(word): \(names.map(\.string).joined(separator: " "))")
        }
    }
}

extension GlobalOptions {
    /// Problems of a configuration: errors for people on standard error, for programs as JSON.
    func show(_ problems: [ConfigurationProblem]) throws {
        if json != .off { return try printJSON(JSONArray(problems)) }
        for problem in problems { Output.complain("\(problem)") }
    }
}
