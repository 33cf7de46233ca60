import SegmentModel
import SystemPackage

@testable import SegmentConfiguration

/// A text is either used whole or refused with problems that name the file and a line that it has.
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

    /// What the files' reader lets through.
    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}
