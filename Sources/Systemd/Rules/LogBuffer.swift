/// Lines of the log that wait for whoever writes them.
///
/// It is bounded, so that a journal that does not read costs lines and not memory: what finds no room is counted.
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

    /// Adds a line, or counts it if there is no room.
    ///
    /// Once one is lost all are until `take`, so that the count stands where the lines are missing.
    mutating func add(_ line: LogLine) {
        guard lost == 0, lines.count < mostLines, bytes + line.size <= mostBytes else { return lost += 1 }
        lines.append(line)
        bytes += line.size
    }

    /// Takes out all lines; the last then tells how many were lost after those before it.
    mutating func take() -> [LogLine] {
        defer {
            lines = []
            bytes = 0
            lost = 0
        }
        return lost == 0 ? lines : lines + [.lost(lost)]
    }
}
