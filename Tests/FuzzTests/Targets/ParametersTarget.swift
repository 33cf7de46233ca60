import SegmentInterface
import SegmentModel
import Varlink

/// Parameters that are accepted are written as they were read.
enum ParametersTarget {
    static func run(_ bytes: [UInt8]) {
        guard case .object(let object)? = try? JSON(parsing: bytes.span) else { return }
        check(NoParameters.self, object)
        check(AcquireParameters.self, object)
        check(ReleaseParameters.self, object)
        check(DescribeParameters.self, object)
        check(RemoveParameters.self, object)
        check(SetLogLevelParameters.self, object)
    }

    private static func check<Parameters: MethodParameters>(_ type: Parameters.Type, _ object: JSONObject) {
        guard let parameters = try? Parameters(object) else { return }
        let text = text(parameters)
        guard case .object(let again)? = try? JSON(parsing: text.span), let read = try? Parameters(again)
        else {
            preconditionFailure("what was accepted is not when written")
        }
        precondition(self.text(read) == text, "what was written is something else")
    }

    private static func text(_ parameters: some MethodParameters) -> [UInt8] {
        let writer = JSONWriter()
        parameters.encode(to: writer)
        return writer.bytes
    }
}
