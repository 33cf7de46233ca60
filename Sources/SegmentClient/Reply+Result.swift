import SegmentInterface
import SegmentModel
import Varlink

extension Reply {
    /// The parameters of a success; an error of the interface as `refused`.
    func result<Result: JSONDecodable>() throws(SegmentClientError) -> Result {
        if let error {
            guard let refusal = BrokerError(name: error, parameters: parameters) else {
                throw .protocolViolation("the broker answers \(error)")
            }
            throw .refused(refusal)
        }
        var reader = ParameterReader(parameters)
        do throws(InvalidParameter) {
            return try Result(from: &reader)
        } catch {
            throw .protocolViolation("the broker's reply has no valid \(error.parameter)")
        }
    }
}
