import POSIX
import SystemPackage

/// One line on a terminal that says how far a stream has come; elsewhere nothing, and nothing between the lines of the
/// stream itself.
struct Progress {
    private let total: UInt64?
    private let isShown: Bool
    private var start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?
    private var bytes: UInt64 = 0

    /// `total` is in bytes, nil if it is not known.
    init(of file: StreamedFile, total: Int?, quiet: Bool) {
        self.total = total.map(UInt64.init)
        isShown = !quiet && FileDescriptor.standardError.isTerminal && !file.isTerminal
    }

    func waiting(for peer: String) { draw("waiting for the \(peer)") }

    /// The other side is there: from now on the rate counts.
    mutating func begin() { start = .now }

    /// At most ten times a second.
    mutating func show(_ bytes: UInt64) {
        self.bytes = bytes
        guard isShown else { return }
        let now = ContinuousClock.now
        if let lastShown, now - lastShown < .milliseconds(100) { return }
        lastShown = now
        draw(ProgressText.text(bytes, of: total, after: now - start))
    }

    /// Leaves the last line standing.
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
