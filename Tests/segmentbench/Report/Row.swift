import Varlink

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
