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
        let segments: [SegmentDescription]
        do throws(SegmentClientError) {
            segments = try options.client().list().map(\.named)
        } catch {
            return try options.listKernelSegments(insteadOf: error)
        }
        guard options.json == .off else { return try options.printJSON(JSONArray(segments)) }
        try Output.page(SegmentTable.text(segments, legend: !options.noLegend))
    }
}

extension GlobalOptions {
    /// Without the daemon: what the kernel alone can tell.
    func listKernelSegments(insteadOf error: SegmentClientError) throws {
        guard case .unreachable = error else { throw error }
        let segments = try KernelSegment.all()
        if json == .off {
            try Output.page(SegmentTable.text(segments, legend: !noLegend))
        } else {
            try printJSON(JSONArray(segments))
        }
        notice("\(error)")
        notice("these are all segments that the kernel has; their names only the daemon knows")
        throw ExitStatus.unreachable
    }
}
