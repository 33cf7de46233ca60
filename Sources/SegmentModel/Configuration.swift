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

/// Something in a configuration file that is wrong or doubtful.
package struct ConfigurationProblem: Equatable, Sendable {
    package var file: String
    /// Counted from 1, where known.
    package var line: Int?
    /// The key concerned, dotted: `key.project`.
    package var key: String?
    /// What was found.
    package var message: String
    /// What to do about it.
    package var remedy: String?

    package init(file: String, line: Int? = nil, key: String? = nil, message: String, remedy: String? = nil) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
        self.remedy = remedy
    }
}

/// A configuration that is not applied, with every problem that it has.
package struct ConfigurationInvalid: Error, Equatable, Sendable {
    package var problems: [ConfigurationProblem]

    package init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// `file:line: key: message (remedy)`.
    package var description: String {
        file + (line.map { ":\($0)" } ?? "") + ": " + (key.map { "\($0) " } ?? "") + message
            + (remedy.map { "; \($0)" } ?? "")
    }
}
