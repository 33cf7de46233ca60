/// The last steps, to help understand a failure.
package struct Trace {
    private var lines: [String] = []
    private var oldest = 0
    private let length = 60
    /// Whether to print each line at once.
    package var isPrinted = false
    /// The number of steps so far.
    package var step = 0
    /// The number of steps of each counted kind.
    private var counts: [String: Int] = [:]

    package init() {}

    package mutating func record(_ line: @autoclosure () -> String) {
        let line = "step \(step): \(line())"
        if isPrinted { print(line) }
        guard lines.count == length else { return lines.append(line) }
        lines[oldest] = line
        oldest = (oldest + 1) % length
    }

    /// Records the next step and counts its kind.
    package mutating func record(_ line: @autoclosure () -> String, count kind: String) {
        step += 1
        counts[kind, default: 0] += 1
        record(line())
    }

    package var text: String { (lines[oldest...] + lines[..<oldest]).joined(separator: "\n") }

    package var summary: String {
        counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}
