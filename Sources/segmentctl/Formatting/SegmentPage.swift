import PrintableText
import Segments
import SegmentInterface
import SystemPackage

/// The output of `segmentctl status NAME`: one segment in full.
struct SegmentPage {
    let segment: SegmentDescription
    let color: Bool
    /// CLOCK_REALTIME, in µs.
    let now: Int64
    /// Leases whose process has ended.
    var inherited: Set<String> = []

    var lines: [Line] {
        var lines = [mark + " \(segment.name)" + (segment.summary.map { " - \($0)" } ?? "")]
        add("Declared", segment.configurationFile?.string ?? "no longer", &lines)
        add("State", paint(segment.state.rawValue), &lines)
        for problem in segment.problems {
            add("Problem", "\(problem.message) (\(problem.kind.rawValue))", &lines)
            if let remedy = problem.remedy { add("Remedy", remedy, &lines) }
        }
        for hint in segment.hints {
            add("Hint", "\(hint.message) (\(hint.kind.rawValue))", &lines)
            if let remedy = hint.remedy { add("Remedy", remedy, &lines) }
        }
        add("Key", key, &lines)
        if let identifier = segment.identifier { add("Identifier", identifier.description, &lines) }
        if let created = segment.createdMicroseconds {
            add("Created", "\(Timestamp(created).ago(now))", &lines)
        }
        add("Size", "\(segment.size) (\(segment.size.bytes) bytes)", &lines)
        add("Access", "mode \(segment.mode.octal), group \(segment.group), keep \(segment.keep)", &lines)
        if let memory = segment.memory {
            add("Memory", "\(rounded(memory.resident)) in RAM, \(rounded(memory.swapped)) in swap", &lines)
        }
        if segment.identifier != nil { add("Attached", attached, &lines) }
        for (index, former) in segment.formerMemory.enumerated() {
            add(index == 0 ? "Old memory" : "", old(former), &lines)
        }
        for (index, lease) in segment.leases.enumerated() {
            add(index == 0 ? "Leases" : "", holder(lease), &lines)
        }
        let more = segment.leaseCount - segment.leases.count
        if more > 0 { add("", "and \(more) more", &lines) }
        return lines
    }

    private func add(_ label: String, _ text: String, _ lines: inout [Line]) {
        add(label, Line(text), &lines)
    }

    private func add(_ label: String, _ text: Line, _ lines: inout [Line]) {
        let padding = String(repeating: " ", count: max(0, 12 - label.count))
        lines.append(Line("\(padding)\(label)\(label.isEmpty ? " " : ":") ") + text)
    }

    private var key: String {
        let key = segment.key?.description ?? "none yet"
        guard let path = segment.keyPath, let project = segment.keyProjectID else {
            return segment.configurationFile == nil ? key : "\(key), declared"
        }
        return "\(key), ftok(\"\(path)\", \(project))"
    }

    private var attached: String {
        counted(segment.attachmentCount, "time")
            + (segment.lastAttachMicroseconds.map { ", last attached \(Timestamp($0).ago(now))" } ?? "")
            + (segment.lastDetachMicroseconds.map { ", last detached \(Timestamp($0).ago(now))" } ?? "")
    }

    private func command(_ lease: Lease) -> String? {
        inherited.contains(lease.identifier) ? "gone; inherited by a child" : lease.command
    }

    private func old(_ former: FormerMemory) -> String {
        "identifier \(former.identifier), \(former.size), attached \(counted(former.attachmentCount, "time")), "
            + "gone with its last detach"
    }

    private func holder(_ lease: Lease) -> String {
        "\(lease.processID) \(command(lease).map { "(\($0)) " } ?? "")of \(lease.userName ?? String(lease.userID))"
            + ", \(lease.access == .readOnly ? "read-only" : "read-write"), since \(Timestamp(lease.sinceMicroseconds).ago(now))"
            + (lease.segment.map { $0 != segment.identifier } == true ? ", of old memory" : "")
    }

    /// The state is never shown by color alone.
    private var mark: Line {
        switch segment.state {
        case .ready: paint("●")
        case .drifted, .draining, .removing: paint("◐")
        case .absent: paint("○")
        case .blocked: paint("×")
        // Of a newer daemon.
        default: paint("?")
        }
    }

    private func paint(_ text: String) -> Line {
        guard color else { return Line(text) }
        let color: Line.Color =
            switch segment.state {
            case .ready: .green
            case .drifted, .draining, .removing: .yellow
            case .blocked: .red
            default: .plain
            }
        return Line(text, color)
    }
}
