import POSIX
package import SegmentModel
package import SystemPackage

/// Reads a complete configuration and reports all its errors of text at once.
package struct ConfigurationReader: Sendable {
    package var location: ConfigurationLocation
    /// Who may be able to write the files.
    private let writers: PermittedWriters

    /// Creates a reader; besides root, only this user and the user's private group may be able to write the
    /// files.
    package init(_ location: ConfigurationLocation, daemonUserID: UInt32) {
        self.init(
            location,
            writers: PermittedWriters(daemonUserID: daemonUserID) {
                PrivateGroup.lookUp(userID: daemonUserID)
            }
        )
    }

    init(_ location: ConfigurationLocation, writers: PermittedWriters) {
        self.location = location
        self.writers = writers
    }

    /// Reads the configuration, or throws all its problems: one with problems is not applied at all.
    package func read() throws(ConfigurationInvalid) -> Configuration {
        var problems: [ConfigurationProblem] = []
        var configuration = Configuration(directory: location.directories[0].string)
        let files = ConfigurationFiles(location, writers: writers, &problems)
        configuration.missingDirectories = files.missing.map(\.string)
        if let path = files.daemon, let text = files.read(path, &problems) {
            var reader = TOMLReader(file: path.string, text: text)
            configuration.settings = DaemonSettings(&reader)
            problems += reader.finish()
        }
        for path in files.segments {
            guard let text = files.read(path, &problems) else { continue }
            var reader = TOMLReader(file: path.string, text: text)
            let definition = SegmentDefinition(path, &reader)
            problems += reader.finish()
            if let definition { configuration.segments.append(definition) }
        }
        problems += FixedKeys.collisions(configuration.segments)
        guard problems.isEmpty else {
            throw ConfigurationInvalid(
                problems: ConfigurationProblem.told(problems, of: configuration.directory),
                count: problems.count
            )
        }
        configuration.segments.sort { $0.name < $1.name }
        configuration.warnings = (files.warnings + configuration.segments.flatMap(\.warnings)).map(\.shown)
        return configuration
    }
}

/// The directories of a configuration, the overriding one first.
package struct ConfigurationLocation: Equatable, Sendable {
    package var directories: [FilePath]
    /// Whether the first directory was named explicitly, so that its absence is an error.
    package var mustExist: Bool

    /// Only this directory.
    package init(only directory: FilePath) {
        directories = [directory]
        mustExist = true
    }

    /// The administrator's directory, which overrides the distribution's file by file.
    package init(system directory: FilePath = "/etc/segmentd") {
        directories = [directory, "/usr/lib/segmentd"]
        mustExist = false
    }

    /// A user's own directory below `home`, which need not exist.
    package init(userHome home: String) {
        directories = [FilePath(home).appending("segmentd")]
        mustExist = false
    }

    /// This user's configuration directory; see the XDG Base Directory Specification.
    package static var userHome: String? {
        ThisProcess.variable("XDG_CONFIG_HOME") ?? ThisProcess.variable("HOME").map { $0 + "/.config" }
    }
}

/// Finds segments that claim the same key, where programs compute the key themselves.
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
