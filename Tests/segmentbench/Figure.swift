import Varlink

/// What is measured: its names and its unit.
struct Quantity: Equatable {
    /// For programs, with its unit: `p50Microseconds`.
    let name: String
    /// For people: `p50 µs`.
    let heading: String
    /// That are shown behind the point.
    let digits: Int

    /// The smallest difference that is shown.
    var resolution: Double { (0..<digits).reduce(1) { resolution, _ in resolution / 10 } }
}

/// A number beside its baseline.
struct Figure {
    let quantity: Quantity
    let measured: Double
    let baseline: Double
    /// How many times the baseline it is; nil where the baseline shows as nothing.
    let ratio: Double?
    let goal: Goal?

    /// Without a `ratio` it is that of the two numbers.
    init(_ quantity: Quantity, _ measured: Double, baseline: Double, ratio: Double? = nil, goal: Goal? = nil)
    {
        self.quantity = quantity
        self.measured = measured
        self.baseline = baseline
        self.ratio = baseline >= quantity.resolution / 2 ? ratio ?? measured / baseline : nil
        self.goal = goal
    }

    /// Nil without a goal.
    var meetsGoal: Bool? {
        switch goal {
        case nil: nil
        case .atMost(let limit): measured <= limit
        case .ratioAtMost(let limit): ratio.map { $0 <= limit } ?? false
        case .ratioAtLeast(let limit): ratio.map { $0 >= limit } ?? false
        }
    }
}

/// What a figure should be.
enum Goal: Equatable {
    /// In the figure's own unit.
    case atMost(Double)
    /// Of the figure to its baseline.
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
    /// To a thousandth.
    fileprivate func member(_ name: StaticString, _ value: Double?) {
        self.name(name)
        if let value { self.value((value * 1000).rounded() / 1000) } else { null() }
    }
}

/// Figures of one thing that was measured at one size, all against the same baseline.
struct Row {
    /// For programs: `acquireAndRelease`.
    let name: String
    /// For people.
    let title: String
    /// How many or how large: `clients`, 64.
    let size: (name: String, value: Int)
    /// What the baseline is, for people.
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
