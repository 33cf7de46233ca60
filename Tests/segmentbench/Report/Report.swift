import SegmentModel
import Varlink

/// What one part of the benchmark found.
struct Report {
    /// The subcommand.
    let part: String
    /// That the programs could run on.
    let processors: Int
    let rows: [Row]
}

extension Report: JSONEncodable {
    func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("part", part)
        writer.member("version", Product.version)
        writer.member("processors", processors)
        writer.member("rows", rows)
        writer.endObject()
    }
}
