import PrintableText

/// The status line of `systemctl status`.
package enum StatusLine {
    package static func serving(segments: Int, blocked: Int, leases: Int, notes: [String] = []) -> String {
        var line = "Serving \(counted(segments - blocked, "segment")), \(counted(leases, "lease"))"
        if blocked > 0 { line += ", \(blocked) blocked" }
        return ([line] + notes).joined(separator: "; ")
    }
}
