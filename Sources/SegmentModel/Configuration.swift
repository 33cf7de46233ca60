import SystemPackage

/// A complete configuration without errors of text.
package struct Configuration: Equatable, Sendable {
    package var settings: DaemonSettings
    /// In order of name, without duplicates.
    package var segments: [SegmentDefinition]
    /// Declarations that are legal but probably mistakes: world-writable, x bits, a mode that nobody may
    /// write with.
    package var warnings: [ConfigurationProblem]
    /// The directory that overrides all others, as shown to people.
    package var directory: String
    /// The missing directories of segments, the overriding one first.
    package var missingDirectories: [String]

    package init(
        settings: DaemonSettings = DaemonSettings(),
        segments: [SegmentDefinition] = [],
        warnings: [ConfigurationProblem] = [],
        directory: String,
        missingDirectories: [String] = []
    ) {
        self.settings = settings
        self.segments = segments
        self.warnings = warnings
        self.directory = directory
        self.missingDirectories = missingDirectories
    }
}

/// A configuration that was not applied, with its problems.
package struct ConfigurationInvalid: Error, Equatable, Sendable {
    /// The problems reported; if some were omitted, the last one counts them.
    package var problems: [ConfigurationProblem]
    /// The number of all problems.
    package var count: Int

    package init(problems: [ConfigurationProblem], count: Int? = nil) {
        self.problems = problems
        self.count = count ?? problems.count
    }
}

/// The settings of `segmentd.toml`.
package struct DaemonSettings: Equatable, Sendable {
    /// Names of the groups whose members may Remove, Renew and Reload.
    package var administrators: [String] = []
    package var logLevel = LogLevel.info
    package var limits = ServiceLimits()

    package init() {}
}

/// The lowest level that is logged.
package enum LogLevel: String, CaseIterable, Sendable {
    case trace, debug, info, notice, warning, error, critical
}

/// Limits on what clients may use.
package struct ServiceLimits: Equatable, Sendable {
    /// Connections of all users together.
    package var connections = 4096
    package var connectionsPerUser = 1024
    package var leasesPerUser = 4096
    /// The longest incoming message, in bytes.
    package var message = ByteCount(bytes: 1 << 20)

    package init() {}
}

extension Configuration {
    /// Returns the missing directories that declared some of these segments, which no longer have a
    /// declaration.
    ///
    /// A missing file means that its segment is to be removed; a missing directory may just be an unmounted
    /// file system.
    package func vanishedDirectories(of declarations: [SegmentDefinition]) -> [String] {
        guard !missingDirectories.isEmpty else { return [] }
        let declared = Set(segments.map(\.name))
        let directories = Set(
            declarations.filter { !declared.contains($0.name) }.map { $0.file.removingLastComponent().string }
        )
        return missingDirectories.filter(directories.contains)
    }

    /// Returns the missing directory if records name segments that are no longer declared, otherwise nil.
    package func vanishedDirectory(of recorded: Set<SegmentName>) -> String? {
        guard let missing = missingDirectories.first,
            FilePath(missing).removingLastComponent().string == directory,
            !recorded.isSubset(of: segments.map(\.name))
        else { return nil }
        return missing
    }
}

extension ConfigurationProblem {
    /// Returns the problem of a missing directory; `remedy` says how to remove its segments.
    package static func vanished(_ directory: String, remedy: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: directory,
            message: "is missing, but segments declared in it still exist",
            remedy: "restore it, or, to remove the segments, \(remedy)"
        )
    }
}
