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

    /// What the kernel last said of the live segment; asked where it has said nothing yet.
    func status(of segment: BrokeredSegment) -> SegmentStatus? {
        segment.status ?? segment.live.flatMap { status($0.identity.identifier) }
    }

    /// The segment under a key, whoever made it; everybody may ask for no permission at all.
    ///
    /// Nil where there is none.
    func find(_ key: SegmentKey) throws(Errno) -> FoundSegment? {
        let identifier: SegmentIdentifier
        do throws(Errno) {
            identifier = try kernel.get(key, size: 0, flags: .existing, mode: [])
        } catch .noSuchFileOrDirectory {
            return nil
        }
        return try look(identifier)
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
