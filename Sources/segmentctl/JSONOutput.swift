import SegmentClient
import Varlink

/// Prints what goes over the wire, for programs.
extension GlobalOptions {
    func printJSON(_ value: some JSONEncodable) throws {
        let writer = JSONWriter()
        writer.value(value)
        try Output.print(
            json == .pretty ? PrettyJSON.text(writer.bytes) : String(decoding: writer.bytes, as: UTF8.self)
        )
    }
}

/// Elements as one JSON array.
struct JSONArray<Element: JSONEncodable>: JSONEncodable {
    var elements: [Element]

    init(_ elements: [Element]) {
        self.elements = elements
    }

    func encode(to writer: JSONWriter) {
        writer.beginArray()
        for element in elements { writer.value(element) }
        writer.endArray()
    }
}
