/// What is wrong with a segment, or with the host as segmentd finds it.
package struct SegmentProblem: Hashable, Sendable, Error {
    package var kind: Kind
    /// What was found.
    package var message: String
    /// What to do about it.
    package var remedy: String?

    package init(_ kind: Kind, message: String, remedy: String? = nil) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
    }

    /// A stable word for programs; a newer daemon may send words that are not here.
    package struct Kind: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        package static let squatted = Kind(rawValue: "squatted")
        package static let keyCollision = Kind(rawValue: "key_collision")
        package static let keyMoved = Kind(rawValue: "key_moved")
        package static let keyDiffers = Kind(rawValue: "key_differs")
        package static let keyPathMissing = Kind(rawValue: "key_path_missing")
        package static let keyPathUnreadable = Kind(rawValue: "key_path_unreadable")
        package static let keyPathHidden = Kind(rawValue: "key_path_hidden")
        package static let sizeDiffers = Kind(rawValue: "size_differs")
        package static let permissionsDiffer = Kind(rawValue: "permissions_differ")
        package static let groupUnknown = Kind(rawValue: "group_unknown")
        package static let kernelLimit = Kind(rawValue: "kernel_limit")
        package static let outOfMemory = Kind(rawValue: "out_of_memory")
        package static let removedByOther = Kind(rawValue: "removed_by_other")
        package static let undeclared = Kind(rawValue: "undeclared")
        package static let recordsUnwritable = Kind(rawValue: "records_unwritable")
        package static let kernelRefused = Kind(rawValue: "kernel_refused")
        package static let unattachedSegmentsDestroyed = Kind(rawValue: "unattached_segments_destroyed")
        package static let configuration = Kind(rawValue: "configuration")
        package static let groupHasMembers = Kind(rawValue: "group_has_members")
    }
}
