package import SystemPackage
package import SystemVSharedMemory

/// A segment as an administrator declares it, without errors of text.
package struct SegmentDefinition: Equatable, Sendable {
    package var name: SegmentName
    package var summary: String?
    /// In bytes, at least 1.
    package var size: ByteCount
    /// The name or number of the group that is granted the group bits; nil: the daemon's own group.
    package var group: String?
    /// Nine bits; the owner's are 6 or 7.
    package var mode: FilePermissions
    package var keep: KeepDeclaration
    package var key: KeyDeclaration
    /// The file that declares it.
    package var file: FilePath

    package init(
        name: SegmentName,
        summary: String? = nil,
        size: ByteCount,
        group: String? = nil,
        mode: FilePermissions = FilePermissions(rawValue: 0o660),
        keep: KeepDeclaration = .untilReboot,
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

/// The source of a segment's key.
package enum KeyDeclaration: Hashable, Sendable {
    /// ftok(3) of the segment's own configuration file; the project number may move to a free one.
    case ownFile
    /// ftok(3) of a declared file, as unmodified programs compute it; never moves.
    case path(FilePath, project: UInt8)
    /// The number itself; never moves.
    case value(SegmentKey)

    /// The project number if none is given: `A`.
    package static let defaultProject: UInt8 = 65
}

extension KeyDeclaration {
    /// Whether the unit's sandbox hides the declared file from the system service.
    ///
    /// There, the service sees different files than the programs it serves, or none.
    package var isHiddenFromService: Bool {
        guard case .path(let path, _) = self else { return false }
        let text = path.lexicallyNormalized().string
        return Self.hidden.contains { text == $0 || text.hasPrefix($0 + "/") }
    }

    private static let hidden = ["/home", "/root", "/tmp", "/var/tmp", "/run/user", "/dev", "/proc"]
}

/// How long a segment stays when nobody uses it, as declared.
package enum KeepDeclaration: Hashable, Sendable {
    /// Until it is removed or the host reboots.
    case untilReboot
    /// Until segmentd stops; a restart, an upgrade or a kill does not count as a stop.
    case untilStop
    /// From the first Acquire until `linger` after the last lease and the last attachment are gone.
    case whileUsed(linger: Duration)

    /// The policy without its numbers.
    package var policy: KeepPolicy {
        switch self {
        case .untilReboot: .untilReboot
        case .untilStop: .untilStop
        case .whileUsed: .whileUsed
        }
    }
}
