package import Logging
import POSIX
package import SegmentModel
package import SegmentRecords
package import SystemPackage
package import SystemVSharedMemory

/// The one owner of all segments: what is declared, what lives in the kernel, who holds what.
///
/// Not `Sendable`, and none of its commands suspends: each is atomic for whoever owns the broker, needs no lock and
/// no second look. Each segment's `SegmentLifecycle` decides; the broker performs what it wants and tells it the answers.
package final class Broker {
    package let kernel: any SharedMemoryKernel
    package let records: any SegmentRecords
    let clock: any BrokerClock
    let logger: Logger
    package private(set) var identity: BrokerIdentity
    let ipcNamespace: UInt64
    /// Detaches where it hurts nobody: the last detach of a marked segment frees its pages.
    let detachElsewhere: (AttachmentAddress) -> Void

    var segments: [String: BrokeredSegment] = [:]
    /// The names of `segments`, sorted.
    var names: [SegmentName] = []
    var reservations = KeyReservations()
    /// Of live segments and of former memory.
    var namesOfSegments: [SegmentIdentifier: SegmentName] = [:]
    /// Others may wait for them.
    var areKeysFreed = false
    var resolver: DeclarationResolver
    /// Until what the configuration declares has been made or is blocked.
    var isStarting = false
    /// What has been refused since the last check began.
    var refused = RetryRule()
    package internal(set) var configuration: Configuration
    /// When a while-used segment goes, in time of `clock.monotonic()`.
    var removalDue: [SegmentName: Duration] = [:]
    /// Segments that somebody has interfered with are looked at every second for a minute.
    var watches: [SegmentName: Watch] = [:]
    /// On disk although their segments are gone, because the disk refused.
    var staleRecords: Set<SegmentName> = []
    /// A write that took too long may be done later: what is on disk may be what nobody wants.
    var unsureRecords: Set<SegmentName> = []
    /// Nil until `stop`.
    var ending: Ending?
    var leaseCounts = LeaseCounts()
    var recordWarnings = LogAllowance()
    /// What was wrong with the host when it was last looked at.
    var toldOfHost: [SegmentProblem] = []
    /// What was last read of the segments' memory, and until when it is good enough.
    var memoryRead: (memory: [SegmentIdentifier: SegmentMemory], end: Duration)?
    /// What was last counted of all segments, and until when it is good enough.
    var totalsRead: (totals: Totals, end: Duration)?
    /// What the kernel has said of segments since `together` began, and nothing has changed; nil outside.
    var statusesTogether: [SegmentIdentifier: SegmentStatus]?
    /// Told of each change after it has happened; nil while nobody listens.
    package var onEvent: ((SegmentEvent) -> Void)?

    /// Nothing is touched before `takeOver`.
    ///
    /// Throws the errno of looking up the IPC namespace.
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

    /// When `expire` has something to do next, in time of `clock.monotonic()`.
    package var nextDeadline: Duration? {
        if removalDue.isEmpty, watches.isEmpty { return nil }
        return [removalDue.values.min(), watches.values.lazy.map(\.next).min()].compactMap(\.self).min()
    }

    /// When the next while-used segment goes, in time of `clock.monotonic()`.
    package var nextRemoval: Duration? { removalDue.values.min() }

    package var leaseCount: Int { leaseCounts.all }

    /// What the name service says of the daemon's own group.
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

    /// Removes a record from the disk, at a later check if the disk refuses now.
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

/// When a segment is looked at again, and until when, in time of `BrokerClock.monotonic()`.
struct Watch {
    var next: Duration
    var end: Duration

    static let period = Duration.seconds(1)
    static let length = Duration.seconds(60)
}

/// How a broker's work has ended.
enum Ending {
    case stop, restart
}

/// As whom the broker acts.
package struct BrokerIdentity: Equatable, Sendable {
    package var userID: UInt32
    package var groupID: UInt32
    /// For people; the group of segments that declare none.
    package var groupName: String
    /// A system service with a user of its own: what this user created is ours, and the unit's sandbox hides paths.
    package var isService: Bool
    /// Members of the group: as the creator's group it keeps the group bits of every segment for ever.
    package var groupMembers: [String]
    /// As the kernel shows it to this process; `shm_cpid`.
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
            judgesByCreator: isService
        )
    }
}
