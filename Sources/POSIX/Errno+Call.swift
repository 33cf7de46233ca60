public import Glibc
public import SystemPackage

/// What a call returns, or the errno that it has set: read directly after it, before anything else can change it.
@inlinable @inline(__always)
package func valueOrErrno(_ call: () -> Int32) throws(Errno) -> Int32 {
    let value = call()
    guard value != -1 else { throw Errno(rawValue: errno) }
    return value
}

/// The same of a call that counts.
@inlinable @inline(__always)
package func countOrErrno(_ call: () -> Int) throws(Errno) -> Int {
    let count = call()
    guard count != -1 else { throw Errno(rawValue: errno) }
    return count
}
