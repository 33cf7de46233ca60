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
