import SegmentClient

/// The daemon and the kernel's limits: `segmentctl status`.
struct DaemonPage {
    let status: DaemonStatus
    /// CLOCK_REALTIME, in µs.
    let now: Int64

    var lines: [Line] {
        let blocked = status.blocked == 0 ? "" : ", \(status.blocked) blocked"
        var lines = [
            "segmentd \(status.version), process \(status.processID), running since \(Moment(status.started).ago(now))",
            "Configuration: \(status.configuration)",
            "     Segments: \(status.segments)\(blocked), \(rounded(status.segmentBytes))",
            "      Clients: \(counted(status.leases, "lease")), \(counted(status.connections, "connection"))",
            "       Kernel: \(status.kernelSegments) of \(status.kernelSegmentsMax) identifiers in use"
                + limit + ", IPC namespace \(status.ipcNamespace)",
        ]
        for warning in status.warnings {
            lines.append("      Warning: \(warning.message)")
            if let remedy = warning.remedy { lines.append("       Remedy: \(remedy)") }
        }
        return lines.map { Line($0) }
    }

    /// The kernel's usual limit is none.
    private var limit: String {
        status.kernelSegmentBytesMax >= 1 << 62 ? "" : ", at most \(rounded(status.kernelSegmentBytesMax))"
    }
}
