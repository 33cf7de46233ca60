import SystemPackage

/// A whole configuration, free of errors of text.
package struct Configuration: Equatable, Sendable {
    package var settings: DaemonSettings
    /// In order of name, each name once.
    package var segments: [SegmentDefinition]
    /// Declarations that are legal but rarely meant: world-writable, x bits, a mode that lets nobody write.
    package var warnings: [ConfigurationProblem]
    /// The directory that overrides all others, as shown to people.
    package var directory: String
    /// The directories of segments that are not there, the overriding one first.
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

/// A configuration that is not applied, with every problem that it has.
package struct ConfigurationInvalid: Error, Equatable, Sendable {
    /// As many as are told; the last one counts the rest, where there is one.
    package var problems: [ConfigurationProblem]
    /// Of all problems.
    package var count: Int

    package init(problems: [ConfigurationProblem], count: Int? = nil) {
        self.problems = problems
        self.count = count ?? problems.count
    }
}

/// What `segmentd.toml` settles.
package struct DaemonSettings: Equatable, Sendable {
    /// Names of the groups whose members may Remove and Reload.
    package var administrators: [String] = []
    package var logLevel = LogLevel.info
    package var limits = ServiceLimits()

    package init() {}
}

/// The least important messages that are still logged.
package enum LogLevel: String, CaseIterable, Sendable {
    case trace, debug, info, notice, warning, error, critical
}

/// How much clients may ask of the daemon.
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
    /// The directories that are not there but declared these segments, which nothing declares now.
    ///
    /// That a file is gone says that its segment is to go; that a directory is gone may as well be an unmounted disk.
    package func vanishedDirectories(of declarations: [SegmentDefinition]) -> [String] {
        guard !missingDirectories.isEmpty else { return [] }
        let declared = Set(segments.map(\.name))
        let directories = Set(
            declarations.filter { !declared.contains($0.name) }.map { $0.file.removingLastComponent().string }
        )
        return missingDirectories.filter(directories.contains)
    }

    /// The directory that is not there although records name segments that nothing declares now; nil where none is.
    package func vanishedDirectory(of recorded: Set<SegmentName>) -> String? {
        guard let missing = missingDirectories.first,
            FilePath(missing).removingLastComponent().string == directory,
            !recorded.isSubset(of: segments.map(\.name))
        else { return nil }
        return missing
    }
}

extension ConfigurationProblem {
    /// `remedy` removes the segments.
    package static func vanished(_ directory: String, remedy: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: directory,
            message: "is not there, but segments that were declared in it are",
            remedy: "put it back, or, to have them removed, \(remedy)"
        )
    }
}
