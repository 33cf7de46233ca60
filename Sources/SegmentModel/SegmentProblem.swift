import PrintableText

/// A problem of a segment, or of the host that segmentd runs on.
public struct SegmentProblem: Hashable, Sendable, Error {
    /// The kind of problem, for programs.
    public var kind: Kind
    /// The problem, for people.
    public var message: String
    /// How to solve it, for people.
    public var remedy: String?

    package init(_ kind: Kind, message: String, remedy: String? = nil) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
    }

    /// A stable word for programs; a newer daemon may send words that are not here.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// The word on the wire.
        public let rawValue: String

        /// A kind by its word on the wire.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Another user's segment has the key.
        public static let squatted = Kind(rawValue: "squatted")
        /// Two declarations have the same key.
        public static let keyCollision = Kind(rawValue: "key_collision")
        /// The key's file has a different inode than when the segment was created.
        public static let keyMoved = Kind(rawValue: "key_moved")
        /// The declared key has changed since the segment was created.
        public static let keyDiffers = Kind(rawValue: "key_differs")
        /// The key's file does not exist.
        public static let keyPathMissing = Kind(rawValue: "key_path_missing")
        /// The key's file cannot be looked up.
        public static let keyPathUnreadable = Kind(rawValue: "key_path_unreadable")
        /// The service's sandbox hides the key's file.
        public static let keyPathHidden = Kind(rawValue: "key_path_hidden")
        /// The declared size has changed since the segment was created.
        public static let sizeDiffers = Kind(rawValue: "size_differs")
        /// Owner, group or mode differ from the declaration and could not be set.
        public static let permissionsDiffer = Kind(rawValue: "permissions_differ")
        /// The broker cannot attach the segment, so others can destroy it while nobody uses it.
        public static let unshielded = Kind(rawValue: "unshielded")
        /// The declared group does not exist or cannot be looked up.
        public static let groupUnknown = Kind(rawValue: "group_unknown")
        /// A kernel limit is reached: shmmax, shmmni or shmall.
        public static let kernelLimit = Kind(rawValue: "kernel_limit")
        /// The kernel is out of memory.
        public static let outOfMemory = Kind(rawValue: "out_of_memory")
        /// Somebody other than the broker marked the segment for removal.
        public static let removedByOther = Kind(rawValue: "removed_by_other")
        /// The segment is no longer declared.
        public static let undeclared = Kind(rawValue: "undeclared")
        /// The segment's record cannot be written.
        public static let recordsUnwritable = Kind(rawValue: "records_unwritable")
        /// A system call failed for any other reason.
        public static let kernelRefused = Kind(rawValue: "kernel_refused")
        /// `kernel.shm_rmid_forced` is on.
        public static let unattachedSegmentsDestroyed = Kind(rawValue: "unattached_segments_destroyed")
        /// A declaration is legal but probably a mistake.
        public static let configuration = Kind(rawValue: "configuration")
        /// The daemon's own group has members, so they can attach every segment.
        public static let groupHasMembers = Kind(rawValue: "group_has_members")
        /// The daemon's socket is missing from its path, or another socket has replaced it.
        public static let socketGone = Kind(rawValue: "socket_gone")
    }
}

/// An error or a warning about a configuration file.
public struct ConfigurationProblem: Equatable, Sendable {
    /// The path of the file.
    public var file: String
    /// The line, counted from 1; nil if unknown.
    public var line: Int?
    /// The configuration key concerned, dotted: `key.project`.
    public var key: String?
    /// The problem, for people.
    public var message: String
    /// How to solve it, for people.
    public var remedy: String?

    package init(file: String, line: Int? = nil, key: String? = nil, message: String, remedy: String? = nil) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
        self.remedy = remedy
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// `file:line: key message; remedy`.
    public var description: String {
        (file + (line.map { ":\($0)" } ?? "") + ": " + (key.map { "\($0) " } ?? "") + message
            + (remedy.map { "; \($0)" } ?? "")).printable
    }
}
