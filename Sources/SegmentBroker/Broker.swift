package import Logging
import POSIX
package import SegmentModel
package import SegmentRecords
package import SystemPackage
package import SystemVSharedMemory

/// The owner of all segments: their declarations, their state in the kernel, and their leases.
///
/// It is not `Sendable`, and none of its commands suspends, so each is atomic for its caller and needs no
/// lock. Each segment's `SegmentLifecycle` decides; the broker performs its actions and returns the answers.
package final class Broker {
    package let kernel: any SharedMemoryKernel
    package let records: any SegmentRecords
    let clock: any BrokerClock
    let logger: Logger
    package private(set) var identity: BrokerIdentity
    package let ipcNamespace: UInt64
    /// Detaches on another thread: the last detach of a marked segment frees its pages, which can take long.
    let detachElsewhere: (AttachmentAddress) -> Void

    var segments: [String: BrokeredSegment] = [:]
    /// The names of `segments`, sorted.
    var names: [SegmentName] = []
    var reservations = KeyReservations()
    /// The names of live segments and of former memory, by identifier.
    var namesOfSegments: [SegmentIdentifier: SegmentName] = [:]
    /// Keys have become free that other segments may be waiting for.
    var areKeysFreed = false
    var resolver: DeclarationResolver
    /// True until every declared segment has been created or is blocked.
    var isStarting = false
    /// Set while recorded segments are taken over, before groups and key files have been looked up.
    var isTakingOver = false
    /// What was refused since the last check began.
    var refused = RetryRule()
    package internal(set) var configuration: Configuration
    /// When unused `while-used` segments are due for removal, in time of `clock.monotonic()`.
    var removalDue: [SegmentName: Duration] = [:]
    /// Segments that another program interfered with; they are checked every second for a minute.
    var watches: [SegmentName: Watch] = [:]
    /// Records left on disk without a segment, because the disk refused to remove them.
    var staleRecords: Set<SegmentName> = []
    /// Records that may differ from the lifecycle's, because a write timed out and may complete later.
    var unsureRecords: Set<SegmentName> = []
    /// Nil until `stop`.
    var ending: Ending?
    var leaseCounts = LeaseCounts()
    var recordWarnings = LogAllowance()
    /// The host's problems at the last check.
    var loggedHostWarnings: [SegmentProblem] = []
    /// The last reading of the segments' memory, and how long it may be reused.
    var memoryRead: (memory: [SegmentIdentifier: SegmentMemory], end: Duration)?
    /// The last totals, and how long they may be reused.
    var totalsRead: (totals: Totals, end: Duration)?
    /// Statuses read since `together` began and still valid; nil outside of `together`.
    var statusesTogether: [SegmentIdentifier: SegmentStatus]?
    /// Called with each change after it has happened; nil if there are no subscribers.
    package var onEvent: ((SegmentEvent) -> Void)?

    /// Creates a broker, which touches nothing before `takeOver`.
    ///
    /// Throws the errno of reading the IPC namespace.
    package init(
        kernel: any SharedMemoryKernel,
        records: any SegmentRecords,
        clock: any BrokerClock,
        identity: BrokerIdentity,
        logger: Logger,
        detachElsewhere: @escaping (AttachmentAddress) -> Void
    ) throws(Errno) {
        self.kernel = kernel
        self.records = records
        self.clock = clock
        self.identity = identity
        self.logger = logger
        self.detachElsewhere = detachElsewhere
        resolver = DeclarationResolver(ownGroupID: identity.groupID, isService: identity.isService)
        configuration = Configuration(directory: "")
        ipcNamespace = try kernel.ipcNamespace()
    }

    package internal(set) var groups: GroupTable {
        get { resolver.groups }
        set { resolver.groups = newValue }
    }

    package internal(set) var keys: KeyTable {
        get { resolver.keys }
        set { resolver.keys = newValue }
    }

    /// When `expire` must be called next, in time of `clock.monotonic()`.
    package var nextDeadline: Duration? {
        if removalDue.isEmpty, watches.isEmpty { return nil }
        return [removalDue.values.min(), watches.values.lazy.map(\.next).min()].compactMap(\.self).min()
    }

    /// When the next `while-used` segment is due for removal, in time of `clock.monotonic()`.
    package var nextRemoval: Duration? { removalDue.values.min() }

    package var leaseCount: Int { leaseCounts.all }

    /// Sets the name and members of the daemon's own group, as the name service knows it.
    package func setOwnGroup(name: String, members: [String]) {
        (identity.groupName, identity.groupMembers) = (name, members)
    }

    package var monotonicTime: Duration { clock.monotonic() }

    /// All segments in order of name.
    var sorted: [BrokeredSegment] { names.compactMap { segments[$0.string] } }

    func add(_ segment: BrokeredSegment) {
        segments[segment.name.string] = segment
        let index = names.partitioningIndex { $0 >= segment.name }
        if index == names.endIndex || names[index] != segment.name { names.insert(segment.name, at: index) }
    }

    func forget(_ segment: BrokeredSegment) {
        segments[segment.name.string] = nil
        let index = names.partitioningIndex { $0 >= segment.name }
        if index < names.endIndex, names[index] == segment.name { names.remove(at: index) }
        removalDue[segment.name] = nil
        watches[segment.name] = nil
        reservations.update(segment.name, [])
    }

    /// Removes a record from the disk, or at a later check if the disk refuses now.
    func erase(_ name: SegmentName) {
        do throws(RecordsError) {
            try records.remove(name)
            staleRecords.remove(name)
        } catch {
            guard staleRecords.insert(name).inserted else { return }
            warnOfRecord("Record of segment \(name) cannot be removed yet: \(error), ignoring")
        }
    }
}

/// The schedule of a watched segment: its next check and the end, in time of `BrokerClock.monotonic()`.
struct Watch {
    var next: Duration
    var end: Duration

    static let period = Duration.seconds(1)
    static let length = Duration.seconds(60)
}

/// How the broker's work ended.
enum Ending {
    case stop, restart
}

/// The broker's own credentials.
package struct BrokerIdentity: Equatable, Sendable {
    package var userID: UInt32
    package var groupID: UInt32
    /// The group's name, for people; the group of segments that declare none.
    package var groupName: String
    /// Whether this is a system service with a dedicated user: what that user created is the broker's, and
    /// the unit's sandbox hides paths.
    package var isService: Bool
    /// The group's members, who as members of the creator's group always have the group bits of every
    /// segment.
    package var groupMembers: [String]
    /// The process as `shm_cpid` shows it in this PID namespace.
    package var processID: Int32

    package init(
        userID: UInt32,
        groupID: UInt32,
        groupName: String,
        isService: Bool,
        groupMembers: [String] = [],
        processID: Int32 = ThisProcess.id
    ) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
        self.groupName = groupName
        self.isService = isService
        self.groupMembers = groupMembers
    }

    var credentials: SegmentLifecycle.Credentials {
        SegmentLifecycle.Credentials(
            userID: userID,
            groupID: groupID,
            processID: processID,
            trustsCreator: isService
        )
    }
}
