import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// Queries of the kernel that distinguish "no such segment" from "no answer".
extension Broker {
    /// Reads the status of a segment, even if its mode does not let the broker read it.
    func queryStatus(of identifier: SegmentIdentifier) -> Result<SegmentStatus, Errno> {
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

    /// Returns the status; nil if there is no such segment or the kernel does not say.
    func status(_ identifier: SegmentIdentifier) -> SegmentStatus? { try? queryStatus(of: identifier).get() }

    /// Returns the last known status of the live segment, reading it if there is none yet.
    func status(of segment: BrokeredSegment) -> SegmentStatus? {
        segment.status ?? segment.live.flatMap { status($0.identity.identifier) }
    }

    /// Finds the segment with a key, whoever created it; requesting no permissions always succeeds.
    ///
    /// Returns nil if there is none.
    func find(_ key: SegmentKey) throws(Errno) -> FoundSegment? {
        let identifier: SegmentIdentifier
        do throws(Errno) {
            identifier = try kernel.get(key, size: 0, flags: .existing, mode: [])
        } catch .noSuchFileOrDirectory {
            return nil
        }
        return try foundSegment(identifier)
    }

    private func foundSegment(_ identifier: SegmentIdentifier) throws(Errno) -> FoundSegment? {
        do throws(Errno) {
            return FoundSegment(identifier: identifier, status: try kernel.statusOfAny(identifier))
        } catch .invalidArgument {
            return nil
        } catch .identifierRemoved {
            return nil
        }
    }
}

/// A segment in the kernel, the broker's or foreign.
struct FoundSegment {
    var identifier: SegmentIdentifier
    var status: SegmentStatus
}
