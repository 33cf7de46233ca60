import ArgumentParser
import Segments
import SegmentModel
import SystemPackage
import SystemVSharedMemory

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a command, holding leases on segments until it ends.",
        usage: "segmentctl [<options>] run [--exit-if-replaced] <name> ... -- <command> ...",
        discussion: """
            The command's environment has SEGMENT_KEY_NAME, SEGMENT_ID_NAME and SEGMENT_SIZE_NAME for each segment, with \
            its name in upper case and _ for other characters. Exit status: the command's, 126 if it cannot be \
            run, 127 if it is not found, 128 plus the signal's number if a signal ended it.
            """
    )

    // Both parts together, because argument-parser does not say which words preceded `--`.
    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("Segments, then `--` and the command.", valueName: "name"),
        completion: SegmentNames.completion
    )
    var words: [String] = []

    @Flag(
        help:
            "End the command, with exit status 1, when one of its segments is replaced or removed; else only print a notice."
    )
    var exitIfReplaced = false

    @OptionGroup var options: GlobalOptions

    private var names: [String] { Array(words.prefix { $0 != "--" }) }
    private var command: [String] { Array(words.drop { $0 != "--" }.dropFirst()) }

    func validate() throws {
        if names.contains("--help") || names.contains("-h") { throw CleanExit.helpRequest(Run.self) }
        if let option = names.first(where: { $0.hasPrefix("-") }) {
            throw ValidationError("Options must precede the names: \(option)")
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
                "\(names[first]) and \(names[index]) both map to the variable SEGMENT_KEY_\(variable)."
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
                // Only once: a command may take a while to end.
                if !isEnded { child.terminate() }
                isEnded = true
            }
        }
        throw isEnded ? ExitCode(ExitStatus.failed.rawValue) : ExitCode(status)
    }

    /// Leases a segment for reading and writing if allowed, otherwise for reading.
    private static func lease(
        _ text: String,
        _ client: SegmentClient
    ) throws(SegmentClientError) -> SegmentLease {
        let name = SegmentName(unchecked: text)
        do throws(SegmentClientError) {
            return try client.lease(name, access: .readWrite)
        } catch {
            guard error.code == .accessDenied else { throw error }
            return try client.lease(name, access: .readOnly)
        }
    }
}

/// The variables that `segmentctl run` sets for a command.
enum SegmentVariables {
    /// Returns a name in upper case, with `_` for characters not allowed in a variable.
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

/// The segments that `segmentctl run` leases for its command.
///
/// Whether the daemon is connected or not, the kernel is asked whether they still exist: that needs no
/// subscription, never blocks, and detects removals that the daemon has yet to notice. A daemon that has been
/// restarted is asked what their names mean now.
struct HeldSegments {
    let client: SegmentClient
    let leases: [SegmentLease]
    private let kernel: any SharedMemoryKernel = LinuxKernel()
    private var replaced: Set<SegmentName> = []

    init(_ client: SegmentClient, _ leases: [SegmentLease]) {
        self.client = client
        self.leases = leases
    }

    /// Whether all have been replaced or removed, so the kernel need not be asked any more.
    var areAllReplaced: Bool { leases.allSatisfy { replaced.contains($0.grant.name) } }

    /// Checks the segments, reconnects if the daemon was disconnected, and acquires the leases again.
    ///
    /// Returns messages to show: refusals, and segments that were replaced or removed, each once.
    mutating func look() -> (refusals: [String], replacements: [String]) {
        var replacements: [String] = []
        note(removal, in: &replacements)
        var refusals: [String] = []
        // Without the daemon, there is nothing more to report; the next call tries again.
        do throws(SegmentClientError) {
            guard let refused = try client.takeLeasesAgain() else { return ([], replacements) }
            refusals = refused.map(\.description)
            try note(replacement, in: &replacements)
        } catch {}
        return (refusals, replacements)
    }

    /// Changes found before a failure are kept.
    private mutating func note<Failure>(
        _ change: (Grant) throws(Failure) -> String?,
        in texts: inout [String]
    ) throws(Failure) {
        for lease in leases where !replaced.contains(lease.grant.name) {
            guard let text = try change(lease.grant) else { continue }
            replaced.insert(lease.grant.name)
            texts.append(text)
        }
    }

    /// Returns a message if the segment was removed; nil if it still exists or the kernel does not say.
    private func removal(_ grant: Grant) -> String? {
        do throws(Errno) {
            let status = try kernel.statusOfAny(grant.identifier)
            guard status.isMarkedForRemoval || status.key != grant.key else { return nil }
        } catch {
            guard error == .invalidArgument || error == .identifierRemoved else { return nil }
        }
        return "segment \(grant.name) has been replaced or removed: its identifier was \(grant.identifier);"
            + " the command was given the old memory"
    }

    /// Returns a message if the name now means another segment; nil otherwise.
    private func replacement(_ grant: Grant) throws(SegmentClientError) -> String? {
        let segment: SegmentDescription
        do throws(SegmentClientError) {
            segment = try client.segment(named: grant.name)
        } catch {
            guard error.isRefusal else { throw error }
            return nil
        }
        guard let identifier = segment.identifier, identifier != grant.identifier || segment.key != grant.key
        else { return nil }
        return
            "segment \(grant.name) has been replaced: its identifier was \(grant.identifier) and is \(identifier);"
            + " the command was given the old memory"
    }
}
