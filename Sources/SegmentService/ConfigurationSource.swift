package import SegmentModel
package import SystemPackage

/// Where the configuration comes from and what it means on this host; slow, so never asked on the event loop.
package struct ConfigurationSource: Sendable {
    package var read: @Sendable () -> Result<Configuration, ConfigurationInvalid>
    /// Asks the name service for a group by name or number.
    package var group: @Sendable (String) -> GroupLookup
    /// Asks the name service for the daemon's own group; nil where it knows none.
    package var ownGroup: @Sendable () -> OwnGroup?
    /// Asks the file system for a file that a key is made of.
    package var key: @Sendable (FilePath) -> KeyLookup
    /// What is mounted where: one line a mount, of which a host of containers has thousands.
    package var mountPoints: @Sendable () -> MountPoints

    package init(
        read: @escaping @Sendable () -> Result<Configuration, ConfigurationInvalid>,
        group: @escaping @Sendable (String) -> GroupLookup,
        ownGroup: @escaping @Sendable () -> OwnGroup?,
        key: @escaping @Sendable (FilePath) -> KeyLookup,
        mountPoints: @escaping @Sendable () -> MountPoints = { MountPoints(mountinfo: "") }
    ) {
        self.read = read
        self.group = group
        self.ownGroup = ownGroup
        self.key = key
        self.mountPoints = mountPoints
    }
}

/// The daemon's own group, as the name service knows it.
package struct OwnGroup: Equatable, Sendable {
    package var name: String
    package var members: [String]

    package init(name: String, members: [String]) {
        self.name = name
        self.members = members
    }
}
