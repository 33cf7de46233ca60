/// What has happened, so that a failure can be told from its beginning.
struct Story {
    private static let length = 40
    private var lines: [String] = []
    /// How many steps there were.
    private(set) var steps = 0
    /// How often each kind of thing was done.
    private(set) var counts: [String: Int] = [:]

    mutating func tell(_ line: String, count kind: String) {
        steps += 1
        counts[kind, default: 0] += 1
        if lines.count == Self.length { lines.removeFirst() }
        lines.append("\(steps). \(line)")
    }

    var text: String { lines.joined(separator: "\n") }

    var summary: String {
        counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}
