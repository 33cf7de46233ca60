package import SystemPackage

/// One segment as an administrator declares it, free of errors of text.
package struct SegmentDefinition: Equatable, Sendable {
    package var name: SegmentName
    package var summary: String?
    /// In bytes, at least 1.
    package var size: ByteCount
    /// The name or number of the group that is granted the group bits; nil: the daemon's own group.
    package var group: String?
    /// Nine bits; the owner's are 6 or 7.
    package var mode: FilePermissions
    package var keep: KeepPolicy
    package var key: KeyDeclaration
    /// The file that declares it.
    package var file: FilePath

    package init(
        name: SegmentName,
        summary: String? = nil,
        size: ByteCount,
        group: String? = nil,
        mode: FilePermissions = FilePermissions(rawValue: 0o660),
        keep: KeepPolicy = .untilReboot,
        key: KeyDeclaration = .ownFile,
        file: FilePath
    ) {
        self.name = name
        self.summary = summary
        self.size = size
        self.group = group
        self.mode = mode
        self.keep = keep
        self.key = key
        self.file = file
    }
}
