import SegmentClient
import SystemPackage
import SystemVSharedMemory

/// The segments that `segmentctl run` holds for its command.
///
/// While the daemon is connected, and while it is away, the kernel is asked whether they are still there: it needs no
/// subscription, waits for nobody, and knows of removals that the daemon has yet to notice. A daemon that has come back
/// is asked what it means by their names now.
struct HeldSegments {
    let client: SegmentClient
    let leases: [SegmentLease]
    private let kernel: any SharedMemoryKernel = LinuxKernel()
    private var replaced: Set<SegmentName> = []

    init(_ client: SegmentClient, _ leases: [SegmentLease]) {
        self.client = client
        self.leases = leases
    }

    /// Whether all have been replaced or removed, so that the kernel need not be asked again.
    var areAllReplaced: Bool { leases.allSatisfy { replaced.contains($0.grant.name) } }

    /// Connects again if the daemon has gone away, and takes the leases again.
    ///
    /// Returns what is to be said: refusals, and the segments that have been replaced or removed, each once.
    mutating func look() -> (refusals: [String], replacements: [String]) {
        var replacements: [String] = []
        note(removal, in: &replacements)
        var refusals: [String] = []
        // Without the daemon there is nothing more to say: it is asked again.
        do throws(SegmentClientError) {
            guard let refused = try client.takeLeasesAgain() else { return ([], replacements) }
            refusals = refused.map(\.description)
            try note(replacement, in: &replacements)
        } catch {}
        return (refusals, replacements)
    }

    /// What is found before a failure stays.
    private mutating func note<Failure>(
        _ change: (Grant) throws(Failure) -> String?,
        in texts: inout [String]
    ) throws(Failure) {
        for lease in leases where !replaced.contains(lease.grant.name) {
            guard let text = try change(lease.grant) else { continue }
            replaced.insert(lease.grant.name)
            texts.append(text)
        }
    }

    /// Nil while the kernel has the segment, unmarked, and where it does not say.
    private func removal(_ grant: Grant) -> String? {
        do throws(Errno) {
            let status = try kernel.statusOfAny(grant.identifier)
            guard status.isMarkedForRemoval || status.key != grant.key else { return nil }
        } catch {
            guard error == .invalidArgument || error == .identifierRemoved else { return nil }
        }
        return "segment \(grant.name) has been replaced or removed: its identifier was \(grant.identifier);"
            + " the command was given the old memory"
    }

    /// Nil while the name means the segment that the command was given, or none.
    private func replacement(_ grant: Grant) throws(SegmentClientError) -> String? {
        let segment: SegmentDescription
        do throws(SegmentClientError) {
            segment = try client.describe(grant.name.string)
        } catch .refused {
            return nil
        }
        guard let identifier = segment.identifier, identifier != grant.identifier || segment.key != grant.key
        else { return nil }
        return
            "segment \(grant.name) has been replaced: its identifier was \(grant.identifier) and is \(identifier);"
            + " the command was given the old memory"
    }
}
