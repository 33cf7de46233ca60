/// A whole configuration, free of errors of text.
package struct Configuration: Equatable, Sendable {
    package var settings: DaemonSettings
    /// In order of name, each name once.
    package var segments: [SegmentDefinition]
    /// Declarations that are legal but rarely meant: world-writable, x bits, a mode that lets nobody write.
    package var warnings: [ConfigurationProblem]
    /// The directory that overrides all others, as shown to people.
    package var directory: String

    package init(
        settings: DaemonSettings = DaemonSettings(),
        segments: [SegmentDefinition] = [],
        warnings: [ConfigurationProblem] = [],
        directory: String
    ) {
        self.settings = settings
        self.segments = segments
        self.warnings = warnings
        self.directory = directory
    }
}

/// A configuration that is not applied, with every problem that it has.
package struct ConfigurationInvalid: Error, Equatable, Sendable {
    package var problems: [ConfigurationProblem]

    package init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }
}
