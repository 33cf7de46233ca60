import Varlink

/// A measured quantity: its names and unit.
struct Quantity: Equatable {
    /// The name for programs, with its unit: `p50Microseconds`.
    let name: String
    /// The heading for people: `p50 µs`.
    let heading: String
    /// The number of decimals shown.
    let digits: Int

    /// The smallest visible difference.
    var resolution: Double { (0..<digits).reduce(1) { resolution, _ in resolution / 10 } }
}

/// A number and its baseline.
struct Figure {
    let quantity: Quantity
    let measured: Double
    let baseline: Double
    /// The ratio to the baseline; nil if the baseline shows as zero.
    let ratio: Double?
    let goal: Goal?

    /// Creates a figure; the ratio defaults to that of the two numbers.
    init(_ quantity: Quantity, _ measured: Double, baseline: Double, ratio: Double? = nil, goal: Goal? = nil)
    {
        self.quantity = quantity
        self.measured = measured
        self.baseline = baseline
        self.ratio = baseline >= quantity.resolution / 2 ? ratio ?? measured / baseline : nil
        self.goal = goal
    }

    /// Whether the figure meets its goal; nil without one.
    var meetsGoal: Bool? {
        switch goal {
        case nil: nil
        case .atMost(let limit): measured <= limit
        case .ratioAtMost(let limit): ratio.map { $0 <= limit } ?? false
        case .ratioAtLeast(let limit): ratio.map { $0 >= limit } ?? false
        }
    }
}

/// The goal of a figure.
enum Goal: Equatable {
    /// In the figure's own unit.
    case atMost(Double)
    /// The ratio of the figure to its baseline.
    case ratioAtMost(Double)
    case ratioAtLeast(Double)
}

extension Figure: JSONEncodable {
    func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("measured", measured)
        writer.member("baseline", baseline)
        writer.member("ratio", ratio)
        switch goal {
        case nil: break
        case .atMost(let limit): writer.member("atMost", limit)
        case .ratioAtMost(let limit): writer.member("ratioAtMost", limit)
        case .ratioAtLeast(let limit): writer.member("ratioAtLeast", limit)
        }
        if let meetsGoal { writer.member("meetsGoal", meetsGoal) }
        writer.endObject()
    }
}

extension JSONWriter {
    /// Writes a number to three decimals.
    fileprivate func member(_ name: StaticString, _ value: Double?) {
        self.name(name)
        if let value { self.value((value * 1000).rounded() / 1000) } else { null() }
    }
}

/// The figures of one operation at one size, all with the same baseline.
struct Row {
    /// For programs: `acquireAndRelease`.
    let name: String
    /// For people.
    let title: String
    /// The size, for programs: `clients`, 64.
    let size: (name: String, value: Int)
    /// The baseline, for people.
    let baseline: String
    let figures: [Figure]

    var quantities: [Quantity] { figures.map(\.quantity) }
}

extension Row: JSONEncodable {
    func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.name(any: size.name)
        writer.value(size.value)
        writer.member("baseline", baseline)
        writer.name("figures")
        writer.beginObject()
        for figure in figures {
            writer.name(any: figure.quantity.name)
            writer.value(figure)
        }
        writer.endObject()
        writer.endObject()
    }
}
