import PrintableText
import Segments
import SegmentInterface

/// The output of `segmentctl list`.
enum SegmentTable {
    private static let columns: [Table.Column] = [
        .init(heading: "NAME"), .init(heading: "STATE"), .init(heading: "KEY"),
        .init(heading: "ID", isNumber: true), .init(heading: "SIZE", isNumber: true), .init(heading: "MODE"),
        .init(heading: "GROUP"), .init(heading: "CLIENTS"), .init(heading: "RESIDENT", isNumber: true),
    ]

    static func lines(_ segments: [SegmentDescription], legend: Bool) -> [Line] {
        var table = Table(columns: columns)
        for segment in segments {
            table.rows.append([
                segment.name.string, segment.state.rawValue, segment.key?.description ?? "-",
                segment.identifier?.description ?? "-", segment.size.description, segment.mode.octal,
                segment.group, clients(segment), segment.memory.map { rounded($0.resident) } ?? "-",
            ])
        }
        let lines = table.lines(legend: legend)
        guard legend else { return lines }
        let blocked = segments.count { $0.state == .blocked }
        let total =
            counted(segments.count, "segment")
            + (blocked > 0 ? ", \(blocked) blocked: `segmentctl status NAME` says why" : "") + "."
        return lines + [Line(""), Line(total)]
    }

    /// Returns a table of every segment in the IPC namespace, with what the kernel alone knows.
    static func lines(_ segments: [KernelSegment], legend: Bool) -> [Line] {
        var table = Table(columns: columns)
        for segment in segments {
            let status = segment.status
            table.rows.append([
                "-", status.isMarkedForRemoval ? "removing" : "-", status.key.description,
                segment.identifier.description, ByteCount(bytes: status.size).description,
                status.mode.octal, NameLookup.group(status.ownerGroupID), "(\(status.attachmentCount))",
                segment.memory.map { rounded($0.resident) } ?? "-",
            ])
        }
        return table.lines(legend: legend)
    }

    /// Returns the number of leases, and that of attachments if it differs.
    private static func clients(_ segment: SegmentDescription) -> String {
        let leases = segment.leaseCount
        return segment.attachmentCount == leases ? "\(leases)" : "\(leases) (\(segment.attachmentCount))"
    }
}

/// Returns a number of bytes for people, with one decimal: `1.5 MiB`.
func rounded(_ bytes: UInt64) -> String {
    var (value, unit) = (Double(bytes), "B")
    for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
        (value, unit) = (value / 1024, next)
    }
    let tenths = Int(value * 10)
    return tenths % 10 == 0 || unit == "B"
        ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
}
