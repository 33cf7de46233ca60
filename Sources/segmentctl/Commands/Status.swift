import ArgumentParser
import PrintableText
import Segments
import SystemPackage

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the daemon and the kernel's limits, or each named segment in full."
    )

    @Argument(help: "Segments.", completion: SegmentNames.completion)
    var names: [SegmentName] = []

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let client: SegmentClient
        do throws(SegmentClientError) {
            client = try options.client()
        } catch {
            guard names.isEmpty else { throw error }
            return try options.listKernelSegments(insteadOf: error)
        }
        guard !names.isEmpty else {
            let status = try client.daemonStatus()
            options.noticeOtherNamespace(client)
            guard options.json == .off else { return try options.printJSON(status) }
            return try options.page(DaemonPage(status: status, now: Timestamp.now).lines)
        }
        options.noticeOtherNamespace(client)
        try show(client)
    }

    private func show(_ client: SegmentClient) throws {
        var worst = ExitStatus.done
        var segments: [SegmentDescription] = []
        for name in names {
            do throws(SegmentClientError) {
                let segment = try client.segment(named: name).named
                segments.append(segment)
                if segment.state != .ready { worst = max(worst, .notReady) }
            } catch {
                Output.complain("segmentctl: \(error)")
                worst = max(worst, ExitStatus(error))
            }
        }
        if options.json != .off {
            try options.printJSON(JSONArray(segments))
        } else if !segments.isEmpty {
            let now = Timestamp.now
            let pages = segments.map { segment in
                let inherited = segment.leases.filter(\.isInherited).map(\.identifier)
                return SegmentPage(
                    segment: segment,
                    color: Terminal.hasColor,
                    now: now,
                    inherited: Set(inherited)
                ).lines
            }
            try options.page(Array(pages.joined(separator: [Line("")])))
        }
        if worst != .done { throw worst }
    }
}

/// The output of `segmentctl status`: the daemon and the kernel's limits.
struct DaemonPage {
    let status: DaemonStatus
    /// CLOCK_REALTIME, in µs.
    let now: Int64

    var lines: [Line] {
        let blocked = status.blockedCount == 0 ? "" : ", \(status.blockedCount) blocked"
        var lines = [
            "segmentd \(status.version), process \(status.processID), running since \(Timestamp(status.startedMicroseconds).ago(now))",
            "Configuration: \(status.configurationDirectory)",
            "     Segments: \(status.segmentCount)\(blocked), \(rounded(status.totalSize.bytes))",
            "      Clients: \(counted(status.leaseCount, "lease")), \(counted(status.connectionCount, "connection"))",
            "       Kernel: \(status.kernelSegmentCount) of \(status.kernelSegmentLimit) identifiers in use"
                + limit + ", IPC namespace \(status.ipcNamespace)",
        ]
        for warning in status.warnings {
            lines.append("      Warning: \(warning.message)")
            if let remedy = warning.remedy { lines.append("       Remedy: \(remedy)") }
        }
        return lines.map { Line($0) }
    }

    /// The kernel's default means no limit.
    private var limit: String {
        status.kernelSizeLimit.bytes >= 1 << 62 ? "" : ", at most \(rounded(status.kernelSizeLimit.bytes))"
    }
}
