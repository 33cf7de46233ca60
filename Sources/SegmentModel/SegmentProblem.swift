import PrintableText

/// What is wrong with a segment, or with the host as segmentd finds it.
public struct SegmentProblem: Hashable, Sendable, Error {
    /// What sort of problem it is.
    public var kind: Kind
    /// What was found.
    public var message: String
    /// What to do about it.
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

        /// The key belongs to somebody else's segment.
        public static let squatted = Kind(rawValue: "squatted")
        /// Two declarations have one key.
        public static let keyCollision = Kind(rawValue: "key_collision")
        /// The key's file has another inode since the segment was made.
        public static let keyMoved = Kind(rawValue: "key_moved")
        /// Another key is declared since the segment was made.
        public static let keyDiffers = Kind(rawValue: "key_differs")
        /// The key's file does not exist.
        public static let keyPathMissing = Kind(rawValue: "key_path_missing")
        /// The key's file cannot be looked up.
        public static let keyPathUnreadable = Kind(rawValue: "key_path_unreadable")
        /// The key's file lies where the service's sandbox hides it.
        public static let keyPathHidden = Kind(rawValue: "key_path_hidden")
        /// Another size is declared since the segment was made.
        public static let sizeDiffers = Kind(rawValue: "size_differs")
        /// Owner, group or mode are not as declared and could not be set.
        public static let permissionsDiffer = Kind(rawValue: "permissions_differ")
        /// The broker cannot attach it, and so not keep others from removing it while nobody uses it.
        public static let unshielded = Kind(rawValue: "unshielded")
        /// The declared group does not exist or cannot be looked up.
        public static let groupUnknown = Kind(rawValue: "group_unknown")
        /// A limit of the kernel: shmmax, shmmni or shmall.
        public static let kernelLimit = Kind(rawValue: "kernel_limit")
        /// The kernel has no memory.
        public static let outOfMemory = Kind(rawValue: "out_of_memory")
        /// Somebody else marked the segment for removal.
        public static let removedByOther = Kind(rawValue: "removed_by_other")
        /// No file declares the segment any more.
        public static let undeclared = Kind(rawValue: "undeclared")
        /// The segment's record cannot be written.
        public static let recordsUnwritable = Kind(rawValue: "records_unwritable")
        /// A call failed for another reason.
        public static let kernelRefused = Kind(rawValue: "kernel_refused")
        /// `kernel.shm_rmid_forced` is on.
        public static let unattachedSegmentsDestroyed = Kind(rawValue: "unattached_segments_destroyed")
        /// A declaration that is legal but rarely meant.
        public static let configuration = Kind(rawValue: "configuration")
        /// The daemon's own group has members, who may attach every segment.
        public static let groupHasMembers = Kind(rawValue: "group_has_members")
        /// The path of the daemon's socket is gone, or another socket stands there.
        public static let socketGone = Kind(rawValue: "socket_gone")
    }
}

/// Something in a configuration file that is wrong or doubtful.
public struct ConfigurationProblem: Equatable, Sendable {
    /// The path of the file.
    public var file: String
    /// Counted from 1, where known.
    public var line: Int?
    /// The key concerned, dotted: `key.project`.
    public var key: String?
    /// What was found.
    public var message: String
    /// What to do about it.
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
