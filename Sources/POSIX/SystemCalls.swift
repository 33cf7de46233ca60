public import Glibc
public import SystemPackage

/// Returns the result of a call, or throws its errno, which is read before anything else can change it.
@inlinable @inline(__always)
package func valueOrErrno(_ call: () -> Int32) throws(Errno) -> Int32 {
    let value = call()
    guard value != -1 else { throw Errno(rawValue: errno) }
    return value
}

/// Returns the count that a call returns, or throws its errno.
@inlinable @inline(__always)
package func countOrErrno(_ call: () -> Int) throws(Errno) -> Int {
    let count = call()
    guard count != -1 else { throw Errno(rawValue: errno) }
    return count
}
