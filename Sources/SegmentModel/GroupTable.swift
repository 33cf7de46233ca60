/// What the name service said of the groups that a configuration names, asked once at start, reload and check.
package struct GroupTable: Equatable, Sendable {
    /// By the name or number as the configuration writes it.
    package var lookups: [String: GroupLookup]

    package init(lookups: [String: GroupLookup] = [:]) {
        self.lookups = lookups
    }

    package subscript(group: String) -> GroupLookup { lookups[group] ?? .unknown }
}

/// What the name service said of one group.
package enum GroupLookup: Hashable, Sendable {
    case found(UInt32)
    case unknown
    /// The name service itself failed, with this errno.
    case failed(Int32)
}
