package import SegmentModel
package import Varlink

/// The parameters of a method, read strictly from a call and written to one.
package protocol MethodParameters: JSONEncodable, JSONDecodable {}

extension MethodParameters {
    /// Reads the parameters of a call; an undeclared member is an error, as is a missing one.
    package init(_ object: JSONObject) throws(InvalidParameter) {
        var reader = ParameterReader(object)
        try self.init(from: &reader)
        try reader.finish()
    }
}

extension NoParameters: MethodParameters {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init()
    }
}

package struct AcquireParameters: MethodParameters, Equatable, Sendable {
    package var name: String
    package var access: Access?

    package init(name: String, access: Access?) {
        self.name = name
        self.access = access
    }

    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        name = try reader.string("name")
        access = try reader.optionalString("access").map(Access.init)
        if let access, !Access.known.contains(access) { throw InvalidParameter("access") }
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        if let access { writer.member("access", access.rawValue) }
        writer.endObject()
    }
}

package struct ReleaseParameters: MethodParameters, Equatable, Sendable {
    package var lease: String

    package init(lease: String) {
        self.lease = lease
    }

    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        lease = try reader.string("lease")
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("lease", lease)
        writer.endObject()
    }
}

package struct DescribeParameters: MethodParameters, Equatable, Sendable {
    package var name: String

    package init(name: String) {
        self.name = name
    }

    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        name = try reader.string("name")
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.endObject()
    }
}

package struct RemoveParameters: MethodParameters, Equatable, Sendable {
    package var name: String
    package var when: RemovalPolicy?

    package init(name: String, when: RemovalPolicy?) {
        self.name = name
        self.when = when
    }

    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        name = try reader.string("name")
        when = try reader.optionalWord("when")
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        if let when { writer.member("when", when.rawValue) }
        writer.endObject()
    }
}

package typealias RenewParameters = RemoveParameters

package struct ReloadParameters: MethodParameters, Equatable, Sendable {
    /// Whether to remove the segments of a directory that has vanished.
    package var removeAll: Bool?

    package init(removeAll: Bool? = nil) {
        self.removeAll = removeAll
    }

    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        removeAll = try reader.optionalBool("removeAll")
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        if let removeAll { writer.member("removeAll", removeAll) }
        writer.endObject()
    }
}

/// The parameters of `io.systemd.service.SetLogLevel`.
package struct SetLogLevelParameters: MethodParameters, Equatable, Sendable {
    /// A syslog level: 0 (emergency) to 7 (debug).
    package var level: Int

    package init(level: Int) {
        self.level = level
    }

    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        level = try reader.integer("level")
        guard (0...7).contains(level) else { throw InvalidParameter("level") }
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("level", level)
        writer.endObject()
    }

    /// The daemon's level that corresponds to the syslog level.
    package var logLevel: LogLevel {
        switch level {
        case 7: .debug
        case 6: .info
        case 5: .notice
        case 4: .warning
        case 3: .error
        default: .critical
        }
    }
}
