import Glibc

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
        let home = variable("HOME")
        return Environment(
            userID: getuid(),
            configurationDirectory: variable("CONFIGURATION_DIRECTORY"),
            runtimeDirectory: variable("RUNTIME_DIRECTORY"),
            userConfigurationHome: variable("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" },
            userRuntimeDirectory: variable("XDG_RUNTIME_DIR"),
            isUnderSystemd: variable("NOTIFY_SOCKET") != nil && variable("RUNTIME_DIRECTORY") != nil
        )
    }

    /// Empty is as good as unset.
    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }
}
