package import SegmentModel

/// Where the configuration comes from; slow, so never asked on the event loop.
package struct ConfigurationSource: Sendable {
    package var read: @Sendable () -> Result<Configuration, ConfigurationInvalid>
    /// Asks the name service for groups.
    package var groups: @Sendable (Set<String>) -> GroupTable

    package init(
        read: @escaping @Sendable () -> Result<Configuration, ConfigurationInvalid>,
        groups: @escaping @Sendable (Set<String>) -> GroupTable
    ) {
        self.read = read
        self.groups = groups
    }

    /// A configuration with its groups as numbers.
    package func load() -> Result<(Configuration, GroupTable), ConfigurationInvalid> {
        read().map { ($0, groups($0.groupNames)) }
    }
}

extension Configuration {
    /// The groups to be looked up.
    package var groupNames: Set<String> {
        Set(segments.compactMap(\.group)).union(settings.administrators)
    }
}
