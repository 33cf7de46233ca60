import SegmentConfiguration
import SegmentModel
import SystemPackage

/// What this host lacks of what a configuration names: no error, since it may be meant for another host or time.
struct LocalRemarks {
    let all: [ConfigurationProblem]

    init(_ configuration: Configuration) {
        let groups = configuration.groupNames.filter { GroupTable.lookUp($0) == .unknown }
        let segments = configuration.segments.flatMap { definition in
            Self.unknownGroup(of: definition, groups) + Self.missingPath(of: definition)
        }
        let administrators = configuration.settings.administrators.filter(groups.contains).map { group in
            ConfigurationProblem(
                file: configuration.directory,
                key: "administrators",
                message: "has `\(group)`, a group that does not exist on this host",
                remedy: "its members may administer nothing until it exists"
            )
        }
        all = segments + administrators
    }

    private static func unknownGroup(
        of definition: SegmentDefinition,
        _ unknown: Set<String>
    ) -> [ConfigurationProblem] {
        guard let group = definition.group, unknown.contains(group) else { return [] }
        return [
            ConfigurationProblem(
                file: definition.file.string,
                key: "group",
                message: "`\(group)` does not exist on this host",
                remedy: "the segment is blocked until it does: `groupadd --system \(group)`"
            )
        ]
    }

    private static func missingPath(of definition: SegmentDefinition) -> [ConfigurationProblem] {
        guard case .path(let path, _) = definition.key, !definition.key.isHiddenFromService else { return [] }
        do throws(Errno) {
            _ = try path.stat()
            return []
        } catch { guard error == .noSuchFileOrDirectory else { return [] } }
        return [
            ConfigurationProblem(
                file: definition.file.string,
                key: "key.path",
                message: "\(path) does not exist on this host",
                remedy: "the segment is blocked until it does: programs' own ftok fails, too"
            )
        ]
    }
}
