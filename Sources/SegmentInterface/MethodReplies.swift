package import SegmentModel
package import Varlink

/// The reply of `Describe`.
package struct DescribeReply: JSONEncodable, JSONDecodable, Equatable, Sendable {
    package var segment: SegmentDescription

    package init(segment: SegmentDescription) {
        self.segment = segment
    }

    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        segment = try reader.object("segment")
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("segment", segment)
        writer.endObject()
    }
}

/// A reply of `List`: one for each segment, or a single empty one.
package struct ListReply: JSONEncodable, JSONDecodable, Equatable, Sendable {
    package var segment: SegmentDescription?

    package init(segment: SegmentDescription?) {
        self.segment = segment
    }

    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        segment = try reader.optionalObject("segment")
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        if let segment { writer.member("segment", segment) }
        writer.endObject()
    }
}

extension SegmentEvent: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            Kind(rawValue: try reader.string("event")),
            name: try reader.optionalString("name").flatMap(SegmentName.init(received:)),
            segment: try reader.optionalObject("segment"),
            lease: try reader.optionalObject("lease")
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("event", kind.rawValue)
        if let name { writer.member("name", name.string) }
        if let segment { writer.member("segment", segment) }
        if let lease { writer.member("lease", lease) }
        writer.endObject()
    }
}

extension ReloadOutcome: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            created: try reader.names("created"),
            changed: try reader.names("changed"),
            removing: try reader.names("removing"),
            blocked: try reader.optionalNames("blocked")
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("created", created.map(\.string))
        writer.member("changed", changed.map(\.string))
        writer.member("removing", removing.map(\.string))
        if let blocked { writer.member("blocked", blocked.map(\.string)) }
        writer.endObject()
    }
}
