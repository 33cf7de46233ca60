import CSegmentd
import Segments
import SegmentModel

/// Where a client knows no limit it still needs a number: longer than any machine runs.
private let forever = Duration.seconds(Int32.max)

/// Made once, since its address is handed out for good.
private let versionText = {
    let text = Product.version.utf8CString
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.count)
    _ = unsafe copy.initialize(from: text)
    return UInt(bitPattern: copy.baseAddress)
}()

/// The library's version.
@c @implementation
public func segmentd_version() -> UnsafePointer<CChar>? { unsafe UnsafePointer(bitPattern: versionText) }

/// Connects to the broker.
@c @implementation
public func segmentd_connect(
    _ socket: UnsafePointer<CChar>?,
    _ time_limit_ms: CInt,
    _ ret: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
    unsafe connect(socket, nil, time_limit_ms, ret)
}

/// Connects to a broker that may be another user's.
@c @implementation
public func segmentd_connect_trusting(
    _ socket: UnsafePointer<CChar>?,
    _ user: UInt32,
    _ time_limit_ms: CInt,
    _ ret: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
    unsafe connect(socket, user, time_limit_ms, ret)
}

private func connect(
    _ socket: UnsafePointer<CChar>?,
    _ user: UInt32?,
    _ time_limit_ms: CInt,
    _ ret: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
    status { () throws(Failure) in
        try unsafe Opaque<SegmentClient>.hand(out: ret) { () throws(Failure) in
            let path = unsafe socket == nil ? nil : try text(socket, "socket")
            guard user != .max else { throw .invalid("user is \(UInt32.max), which is nobody's number") }
            let limit = try timeLimit(time_limit_ms, atLeast: 1) ?? forever
            do throws(SegmentClientError) {
                return try SegmentClient(socket: path, trustedUser: user, timeLimit: limit)
            } catch {
                throw Failure(error)
            }
        }
    }
}

/// Ends a client.
@c @implementation
public func segmentd_disconnect(_ client: OpaquePointer?) { unsafe Opaque<SegmentClient>.end(client) }

/// A time limit as C passes it: milliseconds, at least `minimum`, or `SEGMENTD_NO_LIMIT`, which is nil.
func timeLimit(_ milliseconds: CInt, atLeast minimum: CInt) throws(Failure) -> Duration? {
    if milliseconds == SEGMENTD_NO_LIMIT { return nil }
    guard milliseconds >= minimum else {
        throw .invalid("time_limit_ms is \(milliseconds): neither SEGMENTD_NO_LIMIT nor \(minimum) or more")
    }
    return .milliseconds(milliseconds)
}
