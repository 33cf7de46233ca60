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
