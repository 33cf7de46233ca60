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
            configurationDirectory: directory("CONFIGURATION_DIRECTORY"),
            runtimeDirectory: directory("RUNTIME_DIRECTORY"),
            userConfigurationHome: variable("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" },
            userRuntimeDirectory: variable("XDG_RUNTIME_DIR"),
            isUnderSystemd: variable("NOTIFY_SOCKET") != nil && variable("RUNTIME_DIRECTORY") != nil
        )
    }

    /// The unit's own of several, which a drop-in adds to; systemd.exec(5).
    private static func directory(_ name: String) -> String? {
        variable(name)?.split(separator: ":").first.map(String.init)
    }

    /// Empty is as good as unset.
    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }
}
