import CSegmentd
import Segments
import SegmentModel
import SystemPackage

/// What stands for no limit, since a client needs a number: longer than any host runs.
private let forever = Duration.seconds(Int32.max)

/// Allocated once and never freed, since its address is handed out.
private let versionText = {
    let text = Product.version.utf8CString
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.count)
    _ = unsafe copy.initialize(from: text)
    return UInt(bitPattern: copy.baseAddress)
}()

/// Returns the library's version.
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

/// Connects to a broker that may belong to another user.
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
            let path = unsafe socket == nil ? nil : FilePath(try text(socket, "socket"))
            guard user != .max else { throw .invalid("user is \(UInt32.max), which is nobody's number") }
            let limit = try timeLimit(time_limit_ms, atLeast: 1) ?? forever
            do throws(SegmentClientError) {
                return try SegmentClient(socket: path, trustedUserID: user, timeout: limit)
            } catch {
                throw Failure(error)
            }
        }
    }
}

/// Ends a client.
@c @implementation
public func segmentd_disconnect(_ client: OpaquePointer?) { unsafe Opaque<SegmentClient>.end(client) }

/// Converts a time limit of C, in milliseconds and at least `minimum`; `SEGMENTD_NO_LIMIT` becomes nil.
func timeLimit(_ milliseconds: CInt, atLeast minimum: CInt) throws(Failure) -> Duration? {
    if milliseconds == SEGMENTD_NO_LIMIT { return nil }
    guard milliseconds >= minimum else {
        throw .invalid("time_limit_ms is \(milliseconds): neither SEGMENTD_NO_LIMIT nor \(minimum) or more")
    }
    return .milliseconds(milliseconds)
}
