import ArgumentParser
import SegmentClient
import SegmentModel

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a command with leases on segments, held for its life.",
        usage: "segmentctl [<options>] run [--exit-if-replaced] <name> ... -- <command> ...",
        discussion: """
            The command finds SEGMENT_KEY_NAME, SEGMENT_ID_NAME and SEGMENT_SIZE_NAME in its environment, for each \
            segment in upper case with _ for other characters. Exit status: the command's, 126 if it cannot be \
            run, 127 if there is none, 128 and the signal's number if one ended it.
            """
    )

    // Both parts at once: argument-parser does not tell what stood before `--` and what after.
    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("Segments, then `--` and the command.", valueName: "name"),
        completion: SegmentNames.completion
    )
    var words: [String] = []

    @Flag(
        help:
            "End the command when a segment of its has been replaced or removed, with exit status 1; else that is only said."
    )
    var exitIfReplaced = false

    @OptionGroup var options: GlobalOptions

    private var names: [String] { Array(words.prefix { $0 != "--" }) }
    private var command: [String] { Array(words.drop { $0 != "--" }.dropFirst()) }

    func validate() throws {
        if names.contains("--help") || names.contains("-h") { throw CleanExit.helpRequest(Run.self) }
        if let option = names.first(where: { $0.hasPrefix("-") }) {
            throw ValidationError("Options stand before the names: \(option)")
        }
        guard words.contains("--") else {
            throw ValidationError("There is no `--` between the segments and the command.")
        }
        guard !names.isEmpty else { throw ValidationError("There is no segment before `--`.") }
        guard !command.isEmpty else { throw ValidationError("There is no command after `--`.") }
        let variables = names.map(SegmentVariables.suffix)
        for (index, variable) in variables.enumerated() {
            guard let first = variables.firstIndex(of: variable), first != index else { continue }
            throw ValidationError(
                "\(names[first]) and \(names[index]) both give the variable SEGMENT_KEY_\(variable)."
            )
        }
    }

    func run() throws {
        let client = try options.clientOfOwnNamespace()
        let leases = try names.map { try Self.lease($0, client) }
        let child: ChildCommand
        do throws(CannotRun) {
            child = try ChildCommand(command, variables: leases.flatMap { SegmentVariables.of($0.grant) })
        } catch {
            Output.complain("segmentctl: \(error)")
            throw ExitCode(error.status)
        }
        var held = HeldSegments(client, leases)
        var isEnded = false
        let status = child.wait(
            beside: { client.descriptor },
            whileWatching: { !held.areAllReplaced }
        ) {
            let (refusals, replacements) = held.look()
            for text in refusals { options.notice(text) }
            for text in replacements {
                guard exitIfReplaced else {
                    options.notice(text)
                    continue
                }
                Output.complain("segmentctl: \(text)")
                // Once: a command may take its time to end.
                if !isEnded { child.terminate() }
                isEnded = true
            }
        }
        throw isEnded ? ExitCode(ExitStatus.failed.rawValue) : ExitCode(status)
    }

    /// For writing too, where the caller may.
    private static func lease(
        _ name: String,
        _ client: SegmentClient
    ) throws(SegmentClientError) -> SegmentLease {
        do throws(SegmentClientError) {
            return try client.lease(name, access: .readWrite)
        } catch {
            guard case .refused(.accessDenied) = error else { throw error }
            return try client.lease(name, access: .readOnly)
        }
    }
}

/// The variables by which `segmentctl run` tells a command of a segment.
enum SegmentVariables {
    /// A name in upper case, with `_` for what no variable may have.
    static func suffix(_ name: String) -> String {
        String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    static func of(_ grant: Grant) -> [(name: String, value: String)] {
        let suffix = suffix(grant.name.string)
        return [
            ("SEGMENT_KEY_\(suffix)", grant.key.description),
            ("SEGMENT_ID_\(suffix)", grant.identifier.description),
            ("SEGMENT_SIZE_\(suffix)", String(grant.size.bytes)),
        ]
    }
}
