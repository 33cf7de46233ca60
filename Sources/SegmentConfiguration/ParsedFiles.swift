import SegmentModel
import Synchronization
import SystemPackage

/// What the segment files said when they were read last, so that a text that has not changed is not parsed again.
///
/// The parser of TOML never gives back the memory of a text, and a reload finds one file changed of many.
final class ParsedFiles: Sendable {
    private struct ParsedFile {
        var text: String
        var definition: SegmentDefinition
    }

    private let files = Mutex<[FilePath: ParsedFile]>([:])

    /// The definition in each file whose text has no problem; the problems of the others are added.
    func definitions(
        in texts: [(path: FilePath, text: String)],
        _ problems: inout [ConfigurationProblem]
    ) -> [SegmentDefinition] {
        files.withLock { files in
            var parsed: [FilePath: ParsedFile] = [:]
            parsed.reserveCapacity(texts.count)
            var definitions: [SegmentDefinition] = []
            for (path, text) in texts {
                let known = files[path].flatMap { $0.text == text ? $0 : nil }
                guard let file = known ?? Self.parse(text, of: path, &problems) else { continue }
                parsed[path] = file
                definitions.append(file.definition)
            }
            files = parsed
            return definitions
        }
    }

    private static func parse(
        _ text: String,
        of path: FilePath,
        _ problems: inout [ConfigurationProblem]
    ) -> ParsedFile? {
        var reader = TOMLReader(file: path.string, text: text)
        let definition = SegmentDefinition(path, &reader)
        let found = reader.finish()
        problems += found
        guard let definition, found.isEmpty else { return nil }
        return ParsedFile(text: text, definition: definition)
    }
}
