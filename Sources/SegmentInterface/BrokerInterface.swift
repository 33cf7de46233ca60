package import Varlink

extension VarlinkInterface {
    /// The interface `io.segmentd.Broker`.
    ///
    /// Its description is the same text as `io.segmentd.Broker.varlink` beside this file.
    package static let broker = VarlinkInterface(
        name: "io.segmentd.Broker",
        description: #"""
            # Brokers the named System V shared memory segments of one IPC namespace.
            interface io.segmentd.Broker

            # How a client attaches a segment.
            type Access (read_only, read_write)

            # Where a declared segment stands.
            type State (absent, ready, drifted, draining, removing, blocked)

            # What is wrong with a segment. kind is a stable word (squatted, key_collision, key_moved, key_differs, key_path_missing, key_path_hidden, size_differs,
            # permissions_differ, group_unknown, kernel_limit, out_of_memory, removed_by_other, undeclared, …); message says what was found; remedy says what to do about it.
            type Problem (kind: string, message: string, remedy: ?string)

            # Memory that had the segment's name before and is still attached.
            type FormerMemory (identifier: int, attachments: int, sizeBytes: int)

            # A client's hold on a segment; it ends with Release or with the connection. sinceUSec is CLOCK_REALTIME in µs; identifier
            # is of the segment that it was granted for.
            type Lease (lease: string, access: Access, processId: int, userId: int, userName: ?string, command: ?string, sinceUSec: int, identifier: ?int)

            # All that is known of one segment. key and identifier are what shmget(2) takes and returns, null while absent or blocked;
            # key is the signed key_t, keyHex 0x%08x of its bits; size, mode and group are the kernel's where the segment exists, else the declared.
            # attachments counts mappings without the broker's own; leases are a
            # hundred at most, of leaseCount; residentBytes is memory in RAM; times are CLOCK_REALTIME in µs; hints leave it ready.
            type Segment (
              name: string, description: ?string, state: State, problems: []Problem,
              key: ?int, keyHex: ?string, identifier: ?int, sizeBytes: int, mode: string, group: string,
              keep: string, attachments: int, leases: []Lease, leaseCount: ?int, residentBytes: ?int, swappedBytes: ?int,
              keyPath: ?string, keyProject: ?int, createdUSec: ?int, lastAttachUSec: ?int, lastDetachUSec: ?int, configurationFile: ?string,
              hints: ?[]Problem, formerMemory: ?[]FormerMemory, creatorUserId: ?int, creatorProcessId: ?int, lastProcessId: ?int
            )

            # Take a lease on a segment and learn how to attach it, making it first if it is absent. access defaults to read_write.
            # ipcNamespace is the inode of the broker's IPC namespace; creatorUserId and sizeBytes are what IPC_STAT must show (changeTimeSec
            # is for people: IPC_SET moves it).
            method Acquire(name: string, access: ?Access) -> (
              lease: string, name: string, key: int, identifier: int, sizeBytes: int, access: Access,
              creatorUserId: int, changeTimeSec: int, ipcNamespace: int
            )

            # Give a lease back before the connection ends.
            method Release(lease: string) -> ()

            # One segment by name.
            method Describe(name: string) -> (segment: Segment)

            # Every segment, one a reply, in order of name; the last may be empty. Needs more.
            method List() -> (segment: ?Segment)

            # First every segment as it is (event current), then each change as it happens, until the client closes. Needs more.
            # event is one of current, listed (end of the snapshot), created, changed, leased, released, replaced, removing, removed;
            # leased and released carry name and lease only. Who cannot be told each change is shown every segment again: current after
            # listed begins a new snapshot, and a segment of which nothing is said until the next listed is gone.
            method Subscribe() -> (event: string, name: ?string, segment: ?Segment, lease: ?Lease)

            # The daemon and the kernel's limits.
            method GetStatus() -> (
              version: string, processId: int, startedUSec: int, configuration: string, segments: int, blocked: int, leases: int, connections: int,
              segmentBytes: int, ipcNamespace: int, kernelSegments: int, kernelSegmentsMax: int, kernelSegmentBytesMax: int, warnings: []Problem
            )

            # Remove a segment from the kernel; a declared one is made again at the next Acquire or reload. Only for administrators.
            # when: unused (refuse if leased or attached), idle (wait until it is neither), now (mark it at once).
            method Remove(name: string, when: ?RemoveWhen) -> ()
            type RemoveWhen (unused, idle, now)

            # Read the configuration again; nothing changes if it is bad. Only for administrators.
            # removeAll: a directory of segments that has vanished means that its segments are to go; else it is refused.
            # blocked names what cannot be made or repaired, whether or not this reload changed it.
            method Reload(removeAll: ?bool) -> (created: []string, changed: []string, removing: []string, blocked: ?[]string)

            # Remove and make again in one step: what is absent, blocked or removing is made. Only for administrators.
            # when: unused (refuse if leased or attached), idle (wait until it is neither, granting leases meanwhile), now (who has it
            # keeps the old memory).
            method Renew(name: string, when: ?RemoveWhen) -> ()

            error NoSuchSegment (name: string)
            error AccessDenied (name: string, access: Access, userId: int, reason: string)
            error SegmentBlocked (name: string, problem: Problem)
            error SegmentRemoving (name: string)
            error SegmentInUse (name: string, attachments: int, leases: []Lease)
            error NoSuchLease (lease: string)
            error LimitReached (limit: string, value: int)
            error ConfigurationInvalid (problems: []ConfigurationProblem)
            type ConfigurationProblem (file: string, line: ?int, key: ?string, message: string, remedy: ?string)

            """#
    )
}

/// The methods of `io.segmentd.Broker` and `io.systemd.service`, by qualified name.
package enum BrokerMethod: String, CaseIterable, Sendable {
    case acquire = "io.segmentd.Broker.Acquire"
    case release = "io.segmentd.Broker.Release"
    case describe = "io.segmentd.Broker.Describe"
    case list = "io.segmentd.Broker.List"
    case subscribe = "io.segmentd.Broker.Subscribe"
    case getStatus = "io.segmentd.Broker.GetStatus"
    case remove = "io.segmentd.Broker.Remove"
    case reload = "io.segmentd.Broker.Reload"
    case renew = "io.segmentd.Broker.Renew"
    case ping = "io.systemd.service.Ping"
    case reloadService = "io.systemd.service.Reload"
    case setLogLevel = "io.systemd.service.SetLogLevel"

    /// Whether a client may repeat a call if the connection closed before the reply.
    ///
    /// True if the call changes nothing, or if the end of the connection undid its effect.
    package var canBeRepeated: Bool {
        switch self {
        case .acquire, .describe, .list, .subscribe, .getStatus, .ping: true
        case .release, .remove, .renew, .reload, .reloadService, .setLogLevel: false
        }
    }
}
