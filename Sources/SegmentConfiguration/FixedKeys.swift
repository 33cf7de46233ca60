import SegmentModel
import SystemPackage

/// Keys that programs compute themselves must not be claimed twice.
enum FixedKeys {
    static func collisions(_ segments: [SegmentDefinition]) -> [ConfigurationProblem] {
        var claims: [KeyDeclaration: SegmentDefinition] = [:]
        var problems: [ConfigurationProblem] = []
        for segment in segments.sorted(by: { $0.name < $1.name }) {
            guard let claim = normalized(segment.key) else { continue }
            guard let other = claims[claim] else {
                claims[claim] = segment
                continue
            }
            problems.append(
                ConfigurationProblem(
                    file: segment.file.string,
                    key: "key",
                    message: "claims the key of segment \(other.name) (\(other.file))",
                    remedy: "declare another path, project or value"
                )
            )
        }
        return problems
    }

    private static func normalized(_ key: KeyDeclaration) -> KeyDeclaration? {
        switch key {
        case .ownFile: nil
        case .path(let path, let project): .path(path.lexicallyNormalized(), project: project)
        case .value: key
        }
    }
}
