import Varlink

/// The replies of `org.varlink.service`, which every service implements.
enum ServiceInterface {
    enum Answer: JSONEncodable {
        case information(ServiceIdentity, interfaces: [String])
        case description(String)

        func encode(to writer: JSONWriter) {
            writer.beginObject()
            switch self {
            case .information(let identity, let interfaces):
                writer.member("vendor", identity.vendor)
                writer.member("product", identity.product)
                writer.member("version", identity.version)
                writer.member("url", identity.url)
                writer.member("interfaces", interfaces)
            case .description(let text):
                writer.member("description", text)
            }
            writer.endObject()
        }
    }

    static func answer(
        _ call: Call,
        _ identity: ServiceIdentity,
        _ interfaces: [VarlinkInterface]
    ) throws(StandardInterfaceError) -> Answer {
        switch call.method {
        case "org.varlink.service.GetInfo":
            try reading(call) { _ throws(InvalidParameter) in }
            return .information(identity, interfaces: interfaces.map(\.name).sorted())
        case "org.varlink.service.GetInterfaceDescription":
            let name = try reading(call) { reader throws(InvalidParameter) in try reader.string("interface") }
            guard let interface = interfaces.first(where: { $0.name == name }) else {
                throw .interfaceNotFound(name)
            }
            return .description(interface.description)
        default:
            guard interfaces.contains(where: { $0.name == call.interface }) else {
                throw .interfaceNotFound(String(call.interface))
            }
            throw .methodNotFound(call.method)
        }
    }

    private static func reading<Value>(
        _ call: Call,
        _ read: (inout ParameterReader) throws(InvalidParameter) -> Value
    ) throws(StandardInterfaceError) -> Value {
        do throws(InvalidParameter) {
            var reader = ParameterReader(call.parameters)
            let value = try read(&reader)
            try reader.finish()
            return value
        } catch {
            throw .invalidParameter(error.parameter)
        }
    }
}
