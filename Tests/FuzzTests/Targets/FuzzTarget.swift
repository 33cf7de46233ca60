import SegmentInterface
import SegmentModel
import SystemPackage
import Varlink

@testable import SegmentConfiguration
@testable import SegmentRecords

/// Code that reads untrusted bytes, each with properties that must hold for any input.
///
/// A violated property traps, so that both fuzzers and tests notice.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// Framing, JSON and calls.
    case messages
    /// The parameters of each method.
    case parameters
    /// From bytes on a connection to the service's replies, on the fake kernel.
    case service
    /// `segmentd.toml`.
    case daemonFile = "segmentd-toml"
    /// A file of `segments.d`.
    case segmentFile = "segment-toml"
    /// A record of the state directory.
    case record

    func run(_ bytes: [UInt8]) {
        switch self {
        case .messages: MessagesTarget.run(bytes)
        case .parameters: ParametersTarget.run(bytes)
        case .service: ServiceTarget.run(bytes)
        case .daemonFile: ConfigurationTarget.runDaemonFile(bytes)
        case .segmentFile: ConfigurationTarget.runSegmentFile(bytes)
        case .record: RecordTarget.run(bytes)
        }
    }
}

/// A record that can be parsed is written so that it parses to the same value.
enum RecordTarget {
    static func run(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self), let record = try? SegmentRecord(text: text)
        else { return }
        guard let again = try? SegmentRecord(text: record.text) else {
            preconditionFailure("what was written cannot be read")
        }
        precondition(again == record, "what was written is something else")
    }
}

/// Accepted parameters are written as they were read.
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

/// A text is either used completely or refused with problems that name the file and one of its lines.
enum ConfigurationTarget {
    static func runDaemonFile(_ bytes: [UInt8]) {
        guard let text = text(bytes) else { return }
        var reader = TOMLReader(file: "segmentd.toml", text: text)
        let settings = DaemonSettings(&reader)
        check(reader.finish(), text)
        precondition((65...1_000_000).contains(settings.limits.connections))
        precondition((1...1_000_000).contains(settings.limits.connectionsPerUser))
        precondition((1...1_000_000_000).contains(settings.limits.leasesPerUser))
        precondition((1024...(1 << 30)).contains(settings.limits.message.bytes))
    }

    static func runSegmentFile(_ bytes: [UInt8]) {
        guard let text = text(bytes) else { return }
        var reader = TOMLReader(file: "a.toml", text: text)
        let definition = SegmentDefinition("/etc/segmentd/segments.d/a.toml", &reader)
        let problems = reader.finish()
        check(problems, text)
        guard let definition else { return precondition(!problems.isEmpty, "refused without a reason") }
        precondition(definition.size.bytes > 0)
        precondition((0o600...0o777).contains(definition.mode.rawValue))
        _ = definition.warnings
    }

    private static func check(_ problems: [ConfigurationProblem], _ text: String) {
        let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
        for problem in problems {
            precondition(!problem.message.isEmpty)
            precondition(problem.line.map { (1...lines).contains($0) } ?? true, "\(problem)")
        }
    }

    /// Returns the text if the reader of files would accept it.
    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}
