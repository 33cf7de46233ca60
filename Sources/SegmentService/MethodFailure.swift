import SegmentInterface
package import SegmentModel
package import Varlink

/// Why a call fails: the broker's reason, or the protocol's.
package enum MethodFailure: Error, VarlinkError, Equatable, Sendable {
    case broker(BrokerError)
    case standard(StandardError)

    package var name: String {
        switch self {
        case .broker(let error): error.name
        case .standard(let error): error.name
        }
    }

    package func encode(to writer: JSONWriter) {
        switch self {
        case .broker(let error): error.encode(to: writer)
        case .standard(let error): error.encode(to: writer)
        }
    }
}
