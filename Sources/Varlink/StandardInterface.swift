/// An interface of a service: its name and its text in Varlink's description language.
package struct VarlinkInterface: Equatable, Sendable {
    package var name: String
    package var description: String

    package init(name: String, description: String) {
        self.name = name
        self.description = description
    }
}

extension VarlinkInterface {
    /// The interface that every service implements to describe itself.
    package static let service = VarlinkInterface(
        name: "org.varlink.service",
        description: """
            # The Varlink Service Interface is provided by every varlink service. It
            # describes the service and the interfaces it implements.
            interface org.varlink.service

            # Get a list of all the interfaces a service provides and information
            # about the implementation.
            method GetInfo() -> (
              vendor: string,
              product: string,
              version: string,
              url: string,
              interfaces: []string
            )

            # Get the description of an interface that is implemented by this service.
            method GetInterfaceDescription(interface: string) -> (description: string)

            # The requested interface was not found.
            error InterfaceNotFound (interface: string)

            # The requested method was not found
            error MethodNotFound (method: string)

            # The interface defines the requested method, but the service does not
            # implement it.
            error MethodNotImplemented (method: string)

            # One of the passed parameters is invalid.
            error InvalidParameter (parameter: string)

            # Client is denied access
            error PermissionDenied ()

            # Method is expected to be called with 'more' set to true, but wasn't
            error ExpectedMore ()

            """
    )

    /// The interface that systemd's own services offer for their administration.
    package static let systemdService = VarlinkInterface(
        name: "io.systemd.service",
        description: """
            # An interface for controlling a system service.
            interface io.systemd.service

            # Check whether the service is alive.
            method Ping() -> ()

            # Read the configuration again.
            method Reload() -> ()

            # Set the maximum log level, as a syslog level from 0 (emergency) to 7 (debug).
            method SetLogLevel(level: int) -> ()

            """
    )
}

/// The description of a service that `GetInfo` returns.
package struct ServiceIdentity: Equatable, Sendable {
    package var vendor: String
    package var product: String
    package var version: String
    package var url: String

    package init(vendor: String, product: String, version: String, url: String) {
        self.vendor = vendor
        self.product = product
        self.version = version
        self.url = url
    }
}

/// The errors of `org.varlink.service` that this service sends; it never sends MethodNotImplemented.
package enum StandardInterfaceError: Error, Equatable, Sendable {
    case interfaceNotFound(String)
    /// Fully qualified.
    case methodNotFound(String)
    case invalidParameter(String)
    case permissionDenied
    case expectedMore
}

extension StandardInterfaceError: VarlinkError {
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
