import POSIX
import Segments

/// Looks up names for numbers, which the daemon does not do.
enum People {
    static func user(_ number: UInt32) -> String? { NameService.user(number)?.name }

    /// Returns the number if there is no name.
    static func group(_ number: UInt32) -> String { NameService.group(number)?.name ?? String(number) }

    /// Returns whether the process that took a lease has ended, even if its number has been reused, so that a
    /// child must have inherited its connection.
    static func isGone(_ lease: Lease) -> Bool {
        let process = Process(lease.processID)
        // The kernel records the start time in hundredths of a second.
        return process.started.map { $0 - 20_000 > lease.since } ?? !process.exists
    }
}

extension SegmentDescription {
    /// The description with the names that this process can look up.
    var named: SegmentDescription {
        var named = self
        named.leases = leases.map { lease in
            var lease = lease
            lease.userName = lease.userName ?? People.user(lease.userID)
            if !People.isGone(lease) { lease.command = lease.command ?? Process(lease.processID).command }
            return lease
        }
        if let number = UInt32(group) { named.group = People.group(number) }
        return named
    }
}
