import PrintableText

/// Something in a configuration file that is wrong or doubtful.
public struct ConfigurationProblem: Equatable, Sendable {
    /// The path of the file.
    public var file: String
    /// Counted from 1, where known.
    public var line: Int?
    /// The key concerned, dotted: `key.project`.
    public var key: String?
    /// What was found.
    public var message: String
    /// What to do about it.
    public var remedy: String?

    package init(file: String, line: Int? = nil, key: String? = nil, message: String, remedy: String? = nil) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
        self.remedy = remedy
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// `file:line: key: message (remedy)`.
    public var description: String {
        (file + (line.map { ":\($0)" } ?? "") + ": " + (key.map { "\($0) " } ?? "") + message
            + (remedy.map { "; \($0)" } ?? "")).printable
    }
}
