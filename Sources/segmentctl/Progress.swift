import POSIX
import SystemPackage

/// A progress line on a terminal; not shown elsewhere, nor if the stream itself is a terminal.
struct Progress {
    private let total: UInt64?
    private let isShown: Bool
    private var start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?
    private var bytes: UInt64 = 0

    /// Creates a progress line; `total` is in bytes, nil if unknown.
    init(of file: StreamedFile, total: Int?, quiet: Bool) {
        self.total = total.map(UInt64.init)
        isShown = !quiet && FileDescriptor.standardError.isTerminal && !file.isTerminal
    }

    func waiting(for peer: String) { draw("waiting for the \(peer)") }

    /// Starts measuring the rate, once the peer is there.
    mutating func begin() { start = .now }

    /// Updates the line, at most ten times a second.
    mutating func show(_ bytes: UInt64) {
        self.bytes = bytes
        guard isShown else { return }
        let now = ContinuousClock.now
        if let lastShown, now - lastShown < .milliseconds(100) { return }
        lastShown = now
        draw(ProgressText.text(bytes, of: total, after: now - start))
    }

    /// Ends the line, which stays visible.
    func end() {
        guard isShown else { return }
        let line =
            lastShown == nil ? "" : ProgressText.text(bytes, of: nil, after: ContinuousClock.now - start)
        Output.redraw(line, isLast: true)
    }

    private func draw(_ text: String) {
        if isShown { Output.redraw(text) }
    }
}

/// The text of a progress line.
enum ProgressText {
    /// Returns `1.5 GiB of 4 GiB, 1.2 GiB/s, 2 s left`; the total is in bytes, nil if unknown.
    static func text(_ bytes: UInt64, of total: UInt64?, after time: Duration) -> String {
        let seconds = time / .seconds(1)
        let rate = seconds > 0 ? Double(bytes) / seconds : 0
        var text = rounded(bytes)
        if let total { text += " of \(rounded(total))" }
        // The rate is not meaningful at first.
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
