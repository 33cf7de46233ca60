/// The last things that happened, for whoever has to understand a failure.
struct Story {
    private var lines: [String] = []
    private var oldest = 0
    private let length = 60
    /// Prints each line at once.
    var isTold = false
    /// Steps so far.
    var step = 0

    mutating func tell(_ line: @autoclosure () -> String) {
        let line = "step \(step): \(line())"
        if isTold { print(line) }
        guard lines.count == length else { return lines.append(line) }
        lines[oldest] = line
        oldest = (oldest + 1) % length
    }

    var text: String { (lines[oldest...] + lines[..<oldest]).joined(separator: "\n") }
}
