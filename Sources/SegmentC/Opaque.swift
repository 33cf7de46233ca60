/// A Swift object that C owns through a pointer to an incomplete type.
///
/// That the pointer is alive and of this type is the caller's promise, which cannot be checked here.
enum Opaque<Object: AnyObject> {
    /// Returns an object through `ret`, which becomes NULL if `make` fails.
    static func hand(
        out ret: UnsafeMutablePointer<OpaquePointer?>?,
        _ make: () throws(Failure) -> Object
    ) throws(Failure) {
        guard let ret = unsafe ret else { throw .invalid("ret is NULL") }
        unsafe ret.pointee = nil
        unsafe ret.pointee = OpaquePointer(Unmanaged.passRetained(try make()).toOpaque())
    }

    /// The object behind a pointer; throws with the name `what` if the pointer is NULL.
    static func object(_ pointer: OpaquePointer?, _ what: String) throws(Failure) -> Object {
        guard let object = unsafe object(pointer) else { throw .invalid("\(what) is NULL") }
        return object
    }

    static func object(_ pointer: OpaquePointer?) -> Object? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    /// Releases C's ownership; the object is destroyed with its last reference.
    static func end(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return }
        withoutCancellation { unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).release() }
    }
}

/// Converts a text of C, which must not be NULL.
func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(Failure) -> String {
    guard let pointer = unsafe pointer else { throw .invalid("\(what) is NULL") }
    guard let text = unsafe String(validatingCString: pointer) else { throw .invalid("\(what) is not UTF-8") }
    return text
}
