/// Log lines that wait to be written.
///
/// The buffer is bounded, so a journal that does not read costs lines, not memory; lost lines are counted.
struct LogBuffer {
    private let mostLines: Int
    private let mostBytes: Int
    private(set) var lines: [LogLine] = []
    private var bytes = 0
    private var lost = 0

    init(mostLines: Int = 4096, mostBytes: Int = 1 << 20) {
        self.mostLines = mostLines
        self.mostBytes = mostBytes
    }

    var isEmpty: Bool { lines.isEmpty }

    /// Adds a line, or counts it as lost if there is no room.
    ///
    /// Once a line is lost, all others are until `take`, so that the count appears where lines are missing.
    mutating func add(_ line: LogLine) {
        guard lost == 0, lines.count < mostLines, bytes + line.size <= mostBytes else { return lost += 1 }
        lines.append(line)
        bytes += line.size
    }

    /// Removes and returns all lines; if some were lost, the last line says how many.
    mutating func take() -> [LogLine] {
        defer {
            lines = []
            bytes = 0
            lost = 0
        }
        return lost == 0 ? lines : lines + [.lost(lost)]
    }
}
