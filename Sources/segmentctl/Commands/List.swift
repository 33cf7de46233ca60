import ArgumentParser
import Glibc
import Segments
import SegmentInterface
import SystemPackage
import SystemVSharedMemory
import Varlink

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List all segments, or those with these names.",
        discussion: "A name may be a shell pattern, in quotes: 'camera-*'."
    )

    @Argument(help: "Names or patterns.", completion: SegmentNames.completion)
    var names: [String] = []

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let client: SegmentClient
        var segments: [SegmentDescription]
        do throws(SegmentClientError) {
            client = try options.client()
            segments = try client.segments().map(\.named)
        } catch {
            // Only the daemon knows names and states.
            guard names.isEmpty, options.state == nil else { throw error }
            return try options.listKernelSegments(insteadOf: error)
        }
        let missing = names.filter { !$0.isPattern && !segments.map(\.name.string).contains($0) }
        if !names.isEmpty { segments.removeAll { !$0.name.string.matches(anyOf: names) } }
        if let states = options.state?.states { segments.removeAll { !states.contains($0.state) } }
        options.noticeOtherNamespace(client)
        if options.json == .off {
            try options.page(SegmentTable.lines(segments, legend: !options.noLegend))
        } else {
            try options.printJSON(JSONArray(segments))
        }
        for name in missing { Output.complain("segmentctl: \(BrokerError.noSuchSegment(name: name))") }
        if !missing.isEmpty { throw ExitStatus.noSuchSegment }
    }
}

/// The default verb: `list` without names, so that a mistyped verb is not taken for a name.
struct ListAll: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-all",
        abstract: "List all segments.",
        shouldDisplay: false
    )

    /// Removes this verb's name from a message, since the user did not type it.
    static func unnamed(_ text: String) -> String {
        text.replacing("segmentctl \(configuration.commandName ?? "")", with: "segmentctl")
    }

    @Argument(help: ArgumentHelp(visibility: .private))
    var unknown: [String] = []

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard let word = unknown.first else { return }
        throw Self.unknown(word)
    }

    static func unknown(_ word: String) -> ValidationError {
        ValidationError("There is no verb \(word); `segmentctl --help` shows all.")
    }

    func run() throws {
        var list = List()
        list.names = []
        list.options = options
        try list.run()
    }
}

extension String {
    /// The special characters of fnmatch(3).
    fileprivate var isPattern: Bool { contains { "*?[".contains($0) } }

    fileprivate func matches(anyOf patterns: [String]) -> Bool {
        patterns.contains { unsafe fnmatch($0, self, 0) == 0 }
    }
}

extension GlobalOptions {
    /// Lists what the kernel alone knows if the daemon cannot be reached.
    func listKernelSegments(insteadOf error: SegmentClientError) throws {
        // If a daemon may be listening, the kernel's segments could be mistaken for its answer.
        guard error.code == .unreachable, ExitStatus(error) == .unreachable else { throw error }
        let segments = try KernelSegment.all()
        if json == .off {
            try page(SegmentTable.lines(segments, legend: !noLegend))
        } else {
            try printJSON(JSONArray(segments))
        }
        notice("\(error)")
        notice("these are all segments in the kernel; only the daemon knows their names")
        throw ExitStatus.unreachable
    }
}

/// A segment as the kernel knows it, without a name.
struct KernelSegment: JSONEncodable {
    let identifier: SegmentIdentifier
    let status: SegmentStatus
    let memory: SegmentMemory?

    /// Every segment of the IPC namespace, in order of identifier.
    static func all() throws(Failure) -> [KernelSegment] {
        let kernel = LinuxKernel()
        let memory = kernel.memory()
        do throws(Errno) {
            return try kernel.allSegments()
                .map { KernelSegment(identifier: $0.key, status: $0.value, memory: memory[$0.key]) }
                .sorted { $0.identifier.rawValue < $1.identifier.rawValue }
        } catch {
            throw Failure("the kernel's segments cannot be read: \(error)")
        }
    }

    /// Writes the members of the type Segment that the kernel knows.
    func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("key", status.key.rawValue)
        writer.member("keyHex", status.key.description)
        writer.member("identifier", identifier.rawValue)
        writer.member("sizeBytes", status.size)
        writer.member("mode", status.mode.octal)
        writer.member("group", NameLookup.group(status.ownerGroupID))
        writer.member("attachments", status.attachmentCount)
        writer.member("residentBytes", memory?.resident)
        writer.member("swappedBytes", memory?.swapped)
        writer.endObject()
    }
}
