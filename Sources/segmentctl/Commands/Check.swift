import ArgumentParser
import POSIX
import PrintableText
import SegmentConfiguration
import SegmentInterface
import SegmentModel
import SystemPackage
import SystemVSharedMemory

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration without the daemon, and show every problem at once."
    )

    @Argument(
        help: ArgumentHelp("Check only this directory instead of the daemon's.", valueName: "dir"),
        completion: .directory
    )
    var directory: String?

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let reader = ConfigurationReader(location, daemonUserID: daemonUserID)
        let configuration: Configuration
        do throws(ConfigurationInvalid) {
            configuration = try withRightsOfService(reader.read)
        } catch {
            try options.show(error.problems)
            throw ExitStatus.configurationInvalid
        }
        let remarks =
            configuration.warnings + configuration.segments.compactMap(hiddenKeyPath) + missing(configuration)
            + LocalRemarks(configuration).all
        guard options.json == .off else { return try options.printJSON(JSONArray(remarks)) }
        for remark in remarks { options.notice("\(remark)") }
        if !options.quiet {
            try Output.print(
                "\(configuration.directory): \(counted(configuration.segments.count, "segment")), no errors"
            )
        }
    }

    private var location: ConfigurationLocation {
        if let directory { return ConfigurationLocation(only: FilePath(directory)) }
        guard ThisProcess.userID != 0, let home = ConfigurationLocation.userHome else {
            return ConfigurationLocation()
        }
        let user = ConfigurationLocation(userHome: home)
        return (try? user.directories[0].stat()) == nil ? ConfigurationLocation() : user
    }

    /// The service's user if it exists and this may be the service's configuration, otherwise the caller.
    private var daemonUserID: UInt32 {
        guard ThisProcess.userID == 0 || location == ConfigurationLocation() else {
            return ThisProcess.userID
        }
        return Self.service?.userID ?? ThisProcess.userID
    }

    private static var service: UserAccount? { NameService.user(named: "segmentd") }

    /// Reads with the service's user, so that files that only root can read are reported.
    private func withRightsOfService(
        _ read: () throws(ConfigurationInvalid) -> Configuration
    ) throws(ConfigurationInvalid) -> Configuration {
        guard ThisProcess.effectiveUserID == 0, let service = Self.service else { return try read() }
        return try ThisProcess.withRights(of: service, read)
    }

    /// Returns a warning about a missing directory; the daemon also asks the kernel before it refuses.
    private func missing(_ configuration: Configuration) -> [ConfigurationProblem] {
        guard let directory = configuration.missingDirectories.first,
            FilePath(directory).removingLastComponent().string == configuration.directory
        else { return [] }
        return [
            ConfigurationProblem(
                file: directory,
                message: "is missing: segmentd refuses to start while segments declared in it exist",
                remedy: "restore it, or create an empty one, which removes the segments"
            )
        ]
    }

    /// Returns the problem of a key file that the service's sandbox hides, with the number to declare
    /// instead.
    private func hiddenKeyPath(_ definition: SegmentDefinition) -> ConfigurationProblem? {
        guard case .path(let path, let project) = definition.key, definition.key.isHiddenFromService else {
            return nil
        }
        let key = try? LinuxKernel().key(ofFile: path, project: project)
        return ConfigurationProblem(
            file: definition.file.string,
            key: "key.path",
            message: "\(path) is hidden from the system service by its sandbox",
            remedy: key.map { "declare the number instead: value = \($0)" }
                ?? "move the file to where the service can see it"
        )
    }
}

/// Warnings about names of a configuration that do not exist on this host.
///
/// They are not errors, since the configuration may be for another host or for later.
struct LocalRemarks {
    let all: [ConfigurationProblem]

    init(_ configuration: Configuration) {
        let groups = configuration.groupNames.filter { GroupLookup(named: $0) == .unknown }
        let segments = configuration.segments.flatMap { definition in
            Self.unknownGroup(of: definition, groups) + Self.missingPath(of: definition)
        }
        let administrators = configuration.settings.administrators.filter(groups.contains).map { group in
            ConfigurationProblem(
                file: configuration.directory,
                key: "administrators",
                message: "lists `\(group)`, a group that does not exist on this host",
                remedy: "its members cannot administer segmentd until it exists"
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
