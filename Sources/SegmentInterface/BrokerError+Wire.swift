package import SegmentModel
package import Varlink

/// Translates errors of the broker to errors of the interface, and back.
extension BrokerError: VarlinkError {
    package var name: String {
        switch self {
        case .noSuchSegment: "io.segmentd.Broker.NoSuchSegment"
        case .accessDenied: "io.segmentd.Broker.AccessDenied"
        case .segmentBlocked: "io.segmentd.Broker.SegmentBlocked"
        case .segmentRemoving: "io.segmentd.Broker.SegmentRemoving"
        case .segmentInUse: "io.segmentd.Broker.SegmentInUse"
        case .noSuchLease: "io.segmentd.Broker.NoSuchLease"
        case .limitReached: "io.segmentd.Broker.LimitReached"
        case .configurationInvalid: "io.segmentd.Broker.ConfigurationInvalid"
        case .permissionDenied: StandardInterfaceError.permissionDenied.name
        }
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        switch self {
        case .noSuchSegment(let name):
            writer.member("name", name.quotedBack)
        case .accessDenied(let name, let access, let userID, let reason):
            writer.member("name", name.string)
            writer.member("access", access.rawValue)
            writer.member("userId", userID)
            writer.member("reason", reason)
        case .segmentBlocked(let name, let problem):
            writer.member("name", name.string)
            writer.member("problem", problem)
        case .segmentRemoving(let name):
            writer.member("name", name.string)
        case .segmentInUse(let name, let attachments, let leases):
            writer.member("name", name.string)
            writer.member("attachments", attachments)
            writer.member("leases", leases)
        case .noSuchLease(let lease):
            writer.member("lease", lease.quotedBack)
        case .limitReached(let limit, let value):
            writer.member("limit", limit)
            writer.member("value", value)
        case .configurationInvalid(let problems):
            writer.member("problems", problems)
        case .permissionDenied: break
        }
        writer.endObject()
    }

    /// Parses an error reply; fails if it is none of these.
    package init?(name: String, parameters: JSONObject) {
        var reader = ParameterReader(parameters)
        do throws(InvalidParameter) {
            switch name {
            case "io.segmentd.Broker.NoSuchSegment":
                self = .noSuchSegment(name: try reader.string("name"))
            case "io.segmentd.Broker.AccessDenied":
                self = .accessDenied(
                    name: try reader.segmentName("name"),
                    access: Access(rawValue: try reader.string("access")),
                    userID: try reader.integer("userId"),
                    reason: try reader.string("reason")
                )
            case "io.segmentd.Broker.SegmentBlocked":
                self = .segmentBlocked(
                    name: try reader.segmentName("name"),
                    problem: try reader.object("problem")
                )
            case "io.segmentd.Broker.SegmentRemoving":
                self = .segmentRemoving(name: try reader.segmentName("name"))
            case "io.segmentd.Broker.SegmentInUse":
                self = .segmentInUse(
                    name: try reader.segmentName("name"),
                    attachments: try reader.integer("attachments"),
                    leases: try reader.objects("leases")
                )
            case "io.segmentd.Broker.NoSuchLease":
                self = .noSuchLease(lease: try reader.string("lease"))
            case "io.segmentd.Broker.LimitReached":
                self = .limitReached(limit: try reader.string("limit"), value: try reader.integer("value"))
            case "io.segmentd.Broker.ConfigurationInvalid":
                self = .configurationInvalid(problems: try reader.objects("problems"))
            case StandardInterfaceError.permissionDenied.name:
                self = .permissionDenied
            default: return nil
            }
        } catch {
            return nil
        }
    }
}
