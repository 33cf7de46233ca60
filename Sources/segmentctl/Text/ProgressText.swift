/// How far a stream has come, in words.
enum ProgressText {
    /// `1.5 GiB of 4 GiB, 1.2 GiB/s, 2 s left`; the total in bytes, nil if it is not known.
    static func text(_ bytes: UInt64, of total: UInt64?, after time: Duration) -> String {
        let seconds = time / .seconds(1)
        let rate = seconds > 0 ? Double(bytes) / seconds : 0
        var text = rounded(bytes)
        if let total { text += " of \(rounded(total))" }
        // The first moments say nothing of the rate.
        guard seconds >= 0.1, rate >= 1 else { return text }
        text += ", \(rounded(UInt64(exactly: rate.rounded(.down)) ?? .max))/s"
        if let total, total > bytes { text += ", \(Self.left(Double(total - bytes) / rate)) left" }
        return text
    }

    private static func left(_ seconds: Double) -> String {
        let seconds = UInt64(min(seconds.rounded(.up), 1e9))
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
        default: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        }
    }
}
