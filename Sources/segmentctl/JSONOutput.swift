import Varlink

/// Prints what goes over the wire, for programs.
extension GlobalOptions {
    func printJSON(_ value: some JSONEncodable) throws(Failure) { try Output.print(value, json) }
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

/// A key or an identifier alone, the integer that Segment has of it.
struct JSONNumber: JSONEncodable {
    var value: Int32

    init(_ value: Int32) {
        self.value = value
    }

    func encode(to writer: JSONWriter) { writer.value(value) }
}
