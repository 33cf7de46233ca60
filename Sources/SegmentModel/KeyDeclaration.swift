package import SystemPackage
package import SystemVSharedMemory

/// Where a segment's key comes from.
package enum KeyDeclaration: Hashable, Sendable {
    /// ftok(3) of the segment's own configuration file; its project number may move to a free one.
    case ownFile
    /// ftok(3) of a declared file, as unmodified programs compute it; never moves.
    case path(FilePath, project: UInt8)
    /// The number itself; never moves.
    case value(SegmentKey)

    /// The project number where none is given, `A`.
    package static let defaultProject: UInt8 = 65
}

extension KeyDeclaration {
    /// Whether the unit's sandbox hides the declared file from the system service.
    ///
    /// There the service sees other files than the programs it serves, or none.
    package var isHiddenFromService: Bool {
        guard case .path(let path, _) = self else { return false }
        let text = path.lexicallyNormalized().string
        return Self.hidden.contains { text == $0 || text.hasPrefix($0 + "/") }
    }

    private static let hidden = ["/home", "/root", "/tmp", "/var/tmp", "/run/user", "/dev", "/proc"]
}
