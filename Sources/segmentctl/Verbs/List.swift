import ArgumentParser
import SegmentClient

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List all segments.")

    /// As the default verb it meets every word that is none.
    @Argument(help: ArgumentHelp(visibility: .private))
    var unknown: [String] = []

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard let word = unknown.first else { return }
        throw ValidationError("There is no verb \(word); `segmentctl --help` shows all.")
    }

    func run() throws {
        let client: SegmentClient
        var segments: [SegmentDescription]
        do throws(SegmentClientError) {
            client = try options.client()
            segments = try client.list().map(\.named)
        } catch {
            return try options.listKernelSegments(insteadOf: error)
        }
        if let states = options.state?.states { segments.removeAll { !states.contains($0.state) } }
        options.noticeOtherNamespace(client)
        guard options.json == .off else { return try options.printJSON(JSONArray(segments)) }
        try options.page(SegmentTable.lines(segments, legend: !options.noLegend))
    }
}

extension GlobalOptions {
    /// Without the daemon: what the kernel alone can tell.
    func listKernelSegments(insteadOf error: SegmentClientError) throws {
        // Where a daemon may well listen, the kernel's answer would be taken for its.
        guard case .unreachable = error, ExitStatus(error) == .unreachable else { throw error }
        let segments = try KernelSegment.all()
        if json == .off {
            try page(SegmentTable.lines(segments, legend: !noLegend))
        } else {
            try printJSON(JSONArray(segments))
        }
        notice("\(error)")
        notice("these are all segments that the kernel has; their names only the daemon knows")
        throw ExitStatus.unreachable
    }
}
