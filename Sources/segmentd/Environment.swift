import POSIX

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
        let home = ThisProcess.variable("HOME")
        return Environment(
            userID: ThisProcess.userID,
            configurationDirectory: directory("CONFIGURATION_DIRECTORY"),
            runtimeDirectory: directory("RUNTIME_DIRECTORY"),
            userConfigurationHome: ThisProcess.variable("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" },
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
