package import SystemPackage

/// The directories that a configuration is read from, the overriding one first.
package struct ConfigurationLocation: Equatable, Sendable {
    package var directories: [FilePath]
    /// Whether the first directory was asked for by name, so that it is an error if there is none.
    package var mustExist: Bool

    /// Only this directory.
    package init(only directory: FilePath) {
        directories = [directory]
        mustExist = true
    }

    /// The administrator's directory over the distribution's, file by file.
    package init(system directory: FilePath = "/etc/segmentd") {
        directories = [directory, "/usr/lib/segmentd"]
        mustExist = false
    }

    /// A user's own directory, that need not exist.
    package init(user directory: FilePath) {
        directories = [directory]
        mustExist = false
    }
}
