import POSIX
import SegmentConfiguration
import SystemPackage

/// The paths of configuration, socket and records, for a system service or a person's daemon.
struct Places: Equatable {
    var configuration: ConfigurationLocation
    /// Used if systemd passes no socket.
    var socket: FilePath
    var records: FilePath
    /// Whether this is a system service with a dedicated user.
    var isService: Bool

    /// Determines the paths: options first, then systemd's variables, then the defaults of a service or of a
    /// user.
    init(_ options: Options, environment: Environment) throws(StartError) {
        let isPerson = !environment.isUnderSystemd
        let isWhole = options.config != nil && options.socket != nil && options.state != nil
        if environment.userID == 0, isPerson, !isWhole { throw .rootByHand }
        let isSystem = environment.isUnderSystemd && environment.userID < 1000
        isService = isSystem && environment.userID != 0
        if let config = options.config {
            configuration = ConfigurationLocation(only: FilePath(config).absolute)
        } else if isSystem {
            configuration = ConfigurationLocation(
                system: environment.configurationDirectory.map { FilePath($0) } ?? "/etc/segmentd"
            )
        } else if let home = environment.userConfigurationHome {
            configuration = ConfigurationLocation(userHome: home)
        } else {
            throw .noPlace(option: "--config", variable: "XDG_CONFIG_HOME")
        }
        let runtime = environment.userRuntimeDirectory.map { FilePath($0).appending("segmentd") }
        if let socket = options.socket {
            self.socket = FilePath(socket).absolute
        } else if isSystem {
            socket = "/run/segmentd/io.segmentd.Broker"
        } else if let runtime {
            socket = runtime.appending("io.segmentd.Broker")
        } else {
            throw .noPlace(option: "--socket", variable: "XDG_RUNTIME_DIR")
        }
        if let state = options.state {
            records = FilePath(state).absolute
        } else if let directory = environment.runtimeDirectory {
            records = FilePath(directory)
        } else if let runtime {
            records = runtime.appending("state")
        } else {
            throw .noPlace(option: "--state", variable: "XDG_RUNTIME_DIR")
        }
    }
}

extension FilePath {
    /// Keys are made from absolute paths, and the daemon may change its directory.
    fileprivate var absolute: FilePath { isRelative ? fromRoot.lexicallyNormalized() : self }

    /// Creates the parent directory of a file, and those above it.
    func makeParent() throws(StartError) {
        let parent = removingLastComponent()
        guard !parent.isEmpty, (try? parent.stat()) == nil else { return }
        try parent.makeParent()
        do throws(Errno) {
            try parent.makeDirectory([.ownerReadWriteExecute, .groupReadExecute, .otherReadExecute])
        } catch {
            if error != .fileExists { throw .directory(parent.string, errno: error.rawValue) }
        }
    }
}

/// The properties of the process that determine the paths.
struct Environment {
    var userID: UInt32
    var configurationDirectory: String?
    var runtimeDirectory: String?
    var userConfigurationHome: String?
    var userRuntimeDirectory: String?
    /// Whether systemd started the process as a service.
    var isUnderSystemd: Bool

    static var current: Environment {
        Environment(
            userID: ThisProcess.userID,
            configurationDirectory: directory("CONFIGURATION_DIRECTORY"),
            runtimeDirectory: directory("RUNTIME_DIRECTORY"),
            userConfigurationHome: ConfigurationLocation.userHome,
            userRuntimeDirectory: ThisProcess.variable("XDG_RUNTIME_DIR"),
            isUnderSystemd: ThisProcess.variable("NOTIFY_SOCKET") != nil
                && ThisProcess.variable("RUNTIME_DIRECTORY") != nil
        )
    }

    /// Returns the unit's own directory, the first one if drop-ins have added others; systemd.exec(5).
    private static func directory(_ name: String) -> String? {
        ThisProcess.variable(name)?.split(separator: ":").first.map(String.init)
    }
}
