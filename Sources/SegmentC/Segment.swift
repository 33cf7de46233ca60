public import CSegmentd
import Segments
import SegmentModel

/// An attached segment that C owns.
final class Segment: Sendable {
    let attached: AttachedSegment

    init(_ attached: consuming AttachedSegment) {
        self.attached = attached
    }
}

/// Attaches a segment by name for a C function.
func attach(
    _ client: OpaquePointer?,
    _ name: UnsafePointer<CChar>?,
    _ access: Access
) throws(Failure) -> AttachedSegment {
    let client = try unsafe Opaque<SegmentClient>.object(client, "client")
    let name = try unsafe text(name, "name")
    do throws(SegmentClientError) {
        return try client.attach(SegmentName(unchecked: name), access: access)
    } catch {
        throw Failure(error)
    }
}

/// Attaches a segment by name.
@c @implementation
public func segmentd_attach(
    _ client: OpaquePointer?,
    _ name: UnsafePointer<CChar>?,
    _ access: segmentd_access,
    _ ret: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
    status { () throws(Failure) in
        try unsafe Opaque<Segment>.hand(out: ret) { () throws(Failure) in
            switch access {
            case SEGMENTD_READ_ONLY: Segment(try unsafe attach(client, name, .readOnly))
            case SEGMENTD_READ_WRITE: Segment(try unsafe attach(client, name, .readWrite))
            default: throw .invalid("access is \(access.rawValue)")
            }
        }
    }
}

/// Detaches the memory and gives the lease back.
@c @implementation
public func segmentd_detach(_ segment: OpaquePointer?) { unsafe Opaque<Segment>.end(segment) }

/// Returns the memory.
@c @implementation
public func segmentd_segment_memory(_ segment: OpaquePointer?) -> UnsafeMutableRawPointer? {
    unsafe Opaque<Segment>.object(segment)?.attached.unsafeBytes.baseAddress
}

/// Returns the size in bytes.
@c @implementation
public func segmentd_segment_size(_ segment: OpaquePointer?) -> Int {
    unsafe Opaque<Segment>.object(segment)?.attached.byteCount ?? 0
}

/// Returns the key for shmget(2).
@c @implementation
public func segmentd_segment_key(_ segment: OpaquePointer?) -> Int32 {
    unsafe Opaque<Segment>.object(segment)?.attached.key.rawValue ?? 0
}

/// Returns the identifier for shmat(2).
@c @implementation
public func segmentd_segment_identifier(_ segment: OpaquePointer?) -> CInt {
    CInt(
        counting { () throws(Failure) in
            Int64(try unsafe Opaque<Segment>.object(segment, "segment").attached.identifier.rawValue)
        }
    )
}

/// Asks the broker whether the name still means this memory.
@c @implementation
public func segmentd_segment_is_current(_ segment: OpaquePointer?) -> CInt {
    CInt(
        counting { () throws(Failure) in
            let segment = try unsafe Opaque<Segment>.object(segment, "segment")
            do throws(SegmentClientError) {
                return try segment.attached.isCurrent() ? 1 : 0
            } catch {
                throw Failure(error)
            }
        }
    )
}
