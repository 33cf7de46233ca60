import SegmentInterface
public import SegmentModel
import Varlink

extension SegmentClient {
    /// Removes a segment from the kernel; a declared one is made again at the next Acquire or reload.
    ///
    /// Only for administrators: others get `refused(.permissionDenied)`. `refused(.segmentInUse)` where `when` is
    /// `unused` and somebody has it leased or attached, `refused(.noSuchSegment)` where there is none. `outcomeUnknown`
    /// where the daemon ended before it answered, and what keeps the broker from answering, see `SegmentClient`.
    public func remove(_ name: String, when: RemoveWhen = .unused) throws(SegmentClientError) {
        try withLink { link, deadline throws(SegmentClientError) in
            let _: NoParameters = try link.call(.remove, RemoveParameters(name: name, when: when), deadline)
        }
    }

    /// Removes a segment from the kernel and makes it again, with new memory, in one step; one that is not there is made.
    ///
    /// Only for administrators: others get `refused(.permissionDenied)`. `refused(.segmentInUse)` where `when` is
    /// `unused` and somebody has it leased or attached, `refused(.segmentBlocked)` where nothing could be made in its
    /// place, `refused(.noSuchSegment)` where none is declared. `outcomeUnknown` where the daemon ended before it
    /// answered, and what keeps the broker from answering, see `SegmentClient`.
    public func renew(_ name: String, when: RemoveWhen = .unused) throws(SegmentClientError) {
        try withLink { link, deadline throws(SegmentClientError) in
            let _: NoParameters = try link.call(.renew, RenewParameters(name: name, when: when), deadline)
        }
    }

    /// Makes the daemon read its configuration again; nothing changes if that is bad.
    ///
    /// Only for administrators: others get `refused(.permissionDenied)`. `refused(.configurationInvalid)` has every
    /// problem: also a directory of segments that has vanished, unless `removeAll` says that its segments are to go.
    /// `outcomeUnknown` where the daemon ended before it answered, and what keeps the broker from answering, see
    /// `SegmentClient`.
    public func reload(removeAll: Bool = false) throws(SegmentClientError) -> ReloadOutcome {
        try withLink { link, deadline throws(SegmentClientError) in
            // An older daemon knows of no parameter.
            try link.call(.reload, ReloadParameters(removeAll: removeAll ? true : nil), deadline)
        }
    }
}
