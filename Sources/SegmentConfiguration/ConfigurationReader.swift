package import SegmentModel
import SystemPackage

/// Reads a whole configuration and finds every error of text in it at once.
///
/// Where it reads again, only what has changed is parsed.
package struct ConfigurationReader: Sendable {
    package var location: ConfigurationLocation
    /// Besides root, the only user who may be able to write the files.
    package var daemonUserID: UInt32
    private let parsedFiles = ParsedFiles()

    package init(_ location: ConfigurationLocation, daemonUserID: UInt32) {
        self.location = location
        self.daemonUserID = daemonUserID
    }

    /// Nothing is applied of a configuration that has a problem.
    package func read() throws(ConfigurationInvalid) -> Configuration {
        var problems: [ConfigurationProblem] = []
        var configuration = Configuration(directory: location.directories[0].string)
        let files = ConfigurationFiles(location, daemonUserID: daemonUserID, &problems)
        if let path = files.daemon, let text = files.read(path, &problems) {
            var reader = TOMLReader(file: path.string, text: text)
            configuration.settings = DaemonSettings(&reader)
            problems += reader.finish()
        }
        let texts = files.segments.compactMap { path in files.read(path, &problems).map { (path, $0) } }
        configuration.segments = parsedFiles.definitions(in: texts, &problems)
        problems += FixedKeys.collisions(configuration.segments)
        guard problems.isEmpty else {
            throw ConfigurationInvalid(problems: problems.sorted(by: Self.precedes))
        }
        configuration.segments.sort { $0.name < $1.name }
        configuration.warnings = configuration.segments.flatMap(\.warnings)
        return configuration
    }

    private static func precedes(_ left: ConfigurationProblem, _ right: ConfigurationProblem) -> Bool {
        (left.file, left.line ?? 0) < (right.file, right.line ?? 0)
    }
}
