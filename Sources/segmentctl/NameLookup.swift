import POSIX
import Segments

/// Looks up names for numbers, which the daemon does not do.
enum NameLookup {
    static func user(_ number: UInt32) -> String? { NameService.user(number)?.name }

    /// Returns the number if there is no name.
    static func group(_ number: UInt32) -> String { NameService.group(number)?.name ?? String(number) }
}

extension Lease {
    /// Whether the process that took the lease has ended, even if its number has been reused, so that a child must have
    /// inherited its connection.
    var isInherited: Bool {
        let process = Process(processID)
        // The kernel records the start time in hundredths of a second.
        return process.started.map { $0 - 20_000 > sinceMicroseconds } ?? !process.exists
    }
}

extension SegmentDescription {
    /// The description with the names that this process can look up.
    var named: SegmentDescription {
        var named = self
        named.leases = leases.map { lease in
            var lease = lease
            lease.userName = lease.userName ?? NameLookup.user(lease.userID)
            if !lease.isInherited { lease.command = lease.command ?? Process(lease.processID).command }
            return lease
        }
        if let number = UInt32(group) { named.group = NameLookup.group(number) }
        return named
    }
}
