import POSIX
import SegmentConfiguration
import SystemPackage

/// Where configuration, socket and records lie, for a system service and for a person's daemon.
struct Places: Equatable {
    var configuration: ConfigurationLocation
    /// Used where systemd hands over no socket.
    var socket: FilePath
    var records: FilePath
    /// A system service with a user of its own.
    var isService: Bool

    /// Options come first, then what systemd says, then the defaults of a service or of a user.
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
    /// Keys are made of whole paths, and the daemon may change its directory.
    fileprivate var absolute: FilePath { isRelative ? fromRoot.lexicallyNormalized() : self }

    /// Makes the directory that a file is to lie in, and those above it.
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

/// The facts of the process that decide where things lie.
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

    /// The unit's own of several, which a drop-in adds to; systemd.exec(5).
    private static func directory(_ name: String) -> String? {
        ThisProcess.variable(name)?.split(separator: ":").first.map(String.init)
    }
}
