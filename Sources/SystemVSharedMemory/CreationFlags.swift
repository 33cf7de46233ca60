/// The flags of shmget(2) besides the permission bits.
package struct CreationFlags: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Make the segment if no segment has the key.
    ///
    /// The corresponding C constant is `IPC_CREAT`.
    package static let create = CreationFlags(rawValue: 0o1000)
    /// Fail with EEXIST if a segment has the key.
    ///
    /// The corresponding C constant is `IPC_EXCL`.
    package static let exclusive = CreationFlags(rawValue: 0o2000)
}
