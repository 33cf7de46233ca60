import PrintableText
public import SystemPackage

/// A problem of a segment, or of the host.
///
/// ```swift
/// for problem in try client.segment(named: "telemetry").problems {
///     print(problem.message, problem.remedy ?? "")
/// }
/// ```
public struct SegmentProblem: Hashable, Sendable, Error {
    /// The sort of problem, for programs.
    public var kind: Kind
    /// What was found, for people.
    public var message: String
    /// What to do about it, for people.
    public var remedy: String?

    package init(_ kind: Kind, message: String, remedy: String? = nil) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
    }

    /// The sort of a problem: a stable word.
    ///
    /// A newer daemon may send kinds that are not listed here: give every switch a default.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// The word on the wire.
        public let rawValue: String

        /// Creates a kind from its word on the wire.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Another user's segment has the key.
        public static let squatted = Kind(rawValue: "squatted")
        /// Two declarations have the same key.
        public static let keyCollision = Kind(rawValue: "key_collision")
        /// The file that the key is made from has another inode than when the segment was created.
        public static let keyMoved = Kind(rawValue: "key_moved")
        /// The declared key is not the one that the segment was created with.
        public static let keyDiffers = Kind(rawValue: "key_differs")
        /// The file that the key is made from does not exist.
        public static let keyPathMissing = Kind(rawValue: "key_path_missing")
        /// The file that the key is made from cannot be looked up.
        public static let keyPathUnreadable = Kind(rawValue: "key_path_unreadable")
        /// The service's sandbox hides the file that the key is made from.
        public static let keyPathHidden = Kind(rawValue: "key_path_hidden")
        /// The declared size is not the one that the segment was created with.
        public static let sizeDiffers = Kind(rawValue: "size_differs")
        /// Owner, group or mode differ from the declaration and could not be set.
        public static let permissionsDiffer = Kind(rawValue: "permissions_differ")
        /// The broker cannot attach the segment, so others may remove it while no client uses it.
        public static let unshielded = Kind(rawValue: "unshielded")
        /// The declared group does not exist or cannot be looked up.
        public static let groupUnknown = Kind(rawValue: "group_unknown")
        /// A kernel limit is reached: shmmax, shmmni or shmall.
        public static let kernelLimit = Kind(rawValue: "kernel_limit")
        /// The kernel is out of memory.
        public static let outOfMemory = Kind(rawValue: "out_of_memory")
        /// Another process marked the segment for removal.
        public static let removedByOther = Kind(rawValue: "removed_by_other")
        /// The segment is no longer declared.
        public static let undeclared = Kind(rawValue: "undeclared")
        /// The segment's record cannot be written.
        public static let recordsUnwritable = Kind(rawValue: "records_unwritable")
        /// A system call failed for another reason.
        public static let kernelRefused = Kind(rawValue: "kernel_refused")
        /// `kernel.shm_rmid_forced` is on.
        public static let unattachedSegmentsDestroyed = Kind(rawValue: "unattached_segments_destroyed")
        /// A declaration is valid, but rarely intended.
        public static let configuration = Kind(rawValue: "configuration")
        /// The daemon's own group has members: they can attach every segment.
        public static let groupHasMembers = Kind(rawValue: "group_has_members")
        /// The daemon's socket is no longer at its path.
        public static let socketGone = Kind(rawValue: "socket_gone")
    }
}

/// An error or a doubtful declaration in a configuration file.
///
/// ```swift
/// do {
///     try client.reloadConfiguration()
/// } catch {
///     for problem in error.configurationProblems { print(problem) }
/// }
/// ```
public struct ConfigurationProblem: Equatable, Sendable {
    /// The file.
    public var file: FilePath
    /// The line, counted from 1; nil where unknown.
    public var line: Int?
    /// The TOML key concerned, dotted: `key.project`.
    public var key: String?
    /// The problem, for people.
    public var message: String
    /// How to solve it, for people.
    public var remedy: String?

    package init(file: String, line: Int? = nil, key: String? = nil, message: String, remedy: String? = nil) {
        self.init(FilePath(file), line: line, key: key, message: message, remedy: remedy)
    }

    /// For a path that many problems share: a path made of a string is normalized each time.
    package init(
        _ file: FilePath,
        line: Int? = nil,
        key: String? = nil,
        message: String,
        remedy: String? = nil
    ) {
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
        ("\(file)" + (line.map { ":\($0)" } ?? "") + ": " + (key.map { "\($0) " } ?? "") + message
            + (remedy.map { "; \($0)" } ?? "")).printable
    }
}
