/// The errors of `org.varlink.service` that are sent here; each method of an interface is implemented.
package enum StandardError: Error, Equatable, Sendable {
    case interfaceNotFound(String)
    /// Fully qualified.
    case methodNotFound(String)
    case invalidParameter(String)
    case permissionDenied
    case expectedMore
}

extension StandardError: VarlinkError {
    package var name: String {
        switch self {
        case .interfaceNotFound: "org.varlink.service.InterfaceNotFound"
        case .methodNotFound: "org.varlink.service.MethodNotFound"
        case .invalidParameter: "org.varlink.service.InvalidParameter"
        case .permissionDenied: "org.varlink.service.PermissionDenied"
        case .expectedMore: "org.varlink.service.ExpectedMore"
        }
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        switch self {
        case .interfaceNotFound(let interface): writer.member("interface", interface.quotedBack)
        case .methodNotFound(let method): writer.member("method", method.quotedBack)
        case .invalidParameter(let parameter): writer.member("parameter", parameter.quotedBack)
        case .permissionDenied, .expectedMore: break
        }
        writer.endObject()
    }
}
