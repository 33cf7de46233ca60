import SegmentClient

/// The segments that `segmentctl run` holds for its command.
struct HeldSegments {
    let client: SegmentClient
    let leases: [SegmentLease]
    private var replaced: Set<SegmentName> = []

    init(_ client: SegmentClient, _ leases: [SegmentLease]) {
        self.client = client
        self.leases = leases
    }

    /// Connects again if the daemon has gone away, and takes the leases again.
    ///
    /// Returns what is to be said: refusals, and the segments that have been replaced meanwhile, each once.
    mutating func takeAgain() -> (refusals: [String], replacements: [String]) {
        var replacements: [String] = []
        var refusals: [String] = []
        // Without the daemon there is nothing to say: it is asked again.
        do throws(SegmentClientError) {
            refusals = try client.takeLeasesAgain().map(\.description)
            for lease in leases where !replaced.contains(lease.grant.name) {
                guard let text = try replacement(lease.grant) else { continue }
                replaced.insert(lease.grant.name)
                replacements.append(text)
            }
        } catch {}
        return (refusals, replacements)
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
