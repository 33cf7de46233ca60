import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// Asking the kernel, where "no" and "no answer" are told apart.
extension Broker {
    /// What the kernel says of an identifier, even where its mode does not let us read.
    func ask(_ identifier: SegmentIdentifier) -> Result<SegmentStatus, Errno> {
        do throws(Errno) {
            return .success(try kernel.status(identifier))
        } catch .permissionDenied {
            do throws(Errno) { return .success(try kernel.statusOfAny(identifier)) } catch {
                return .failure(error)
            }
        } catch {
            return .failure(error)
        }
    }

    /// Nil where there is no such segment, or the kernel does not say.
    func status(_ identifier: SegmentIdentifier) -> SegmentStatus? { try? ask(identifier).get() }

    func liveness(_ live: LiveSegment) -> Liveness {
        Liveness(
            ask(live.identifier),
            key: live.key,
            size: live.size,
            creatorUserID: identity.userID
        )
    }

    func liveness(_ doomed: DoomedSegment) -> Liveness {
        Liveness(ask(doomed.identifier), key: nil, size: doomed.size, creatorUserID: identity.userID)
    }

    /// The segment under a key, whoever made it; everybody may ask for no permission at all.
    ///
    /// Nil where there is none.
    func find(_ key: SegmentKey) throws(Errno) -> FoundSegment? {
        let identifier: SegmentIdentifier
        do throws(Errno) {
            identifier = try kernel.get(key, size: 0, flags: [], mode: [])
        } catch .noSuchFileOrDirectory {
            return nil
        }
        return try look(identifier)
    }

    /// The segment that a record means; nil where there is none any more.
    func find(_ record: SegmentRecord) throws(Errno) -> FoundSegment? {
        guard let traits = record.segment?.traits else { return nil }
        let found =
            if let identifier = record.identifier { try look(identifier) } else { try find(traits.key) }
        guard let found, Ownership.matches(record, found.identifier, found.status),
            found.status.creatorUserID == identity.userID
        else { return nil }
        return found
    }

    private func look(_ identifier: SegmentIdentifier) throws(Errno) -> FoundSegment? {
        do throws(Errno) {
            return FoundSegment(identifier: identifier, status: try kernel.statusOfAny(identifier))
        } catch .invalidArgument {
            return nil
        } catch .identifierRemoved {
            return nil
        }
    }
}

/// A segment that the kernel has, ours or not.
struct FoundSegment {
    var identifier: SegmentIdentifier
    var status: SegmentStatus
}
