import POSIX
import Segments

/// Names for numbers, that the daemon does not ask for.
enum People {
    static func user(_ number: UInt32) -> String? { NameService.user(number)?.name }

    /// The number where there is no name.
    static func group(_ number: UInt32) -> String { NameService.group(number)?.name ?? String(number) }

    /// Whether the process that took a lease is gone, or its number another's by now, so that a child has inherited its
    /// connection.
    static func isGone(_ lease: Lease) -> Bool {
        let process = Process(lease.processID)
        // The kernel counts the start in hundredths of a second.
        return process.started.map { $0 - 20_000 > lease.sinceMicroseconds } ?? !process.exists
    }
}

extension SegmentDescription {
    /// With the names that this process can see.
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
