/// Objects of Swift that C owns behind a pointer to an incomplete type.
///
/// C says which type a pointer has, and that it is alive: nothing here can check that.
enum Opaque<Object: AnyObject> {
    /// Hands an object out through `ret`, which is NULL if `make` fails.
    static func hand(
        out ret: UnsafeMutablePointer<OpaquePointer?>?,
        _ make: () throws(Failure) -> Object
    ) throws(Failure) {
        guard let ret = unsafe ret else { throw .invalid("ret is NULL") }
        unsafe ret.pointee = nil
        unsafe ret.pointee = OpaquePointer(Unmanaged.passRetained(try make()).toOpaque())
    }

    /// The object behind a pointer; `what` names it where it is NULL.
    static func object(_ pointer: OpaquePointer?, _ what: String) throws(Failure) -> Object {
        guard let object = unsafe object(pointer) else { throw .invalid("\(what) is NULL") }
        return object
    }

    static func object(_ pointer: OpaquePointer?) -> Object? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    /// Gives up what C owned; the object ends with its last user.
    static func end(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return }
        withoutCancellation { unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).release() }
    }
}

/// A text that C passes, which may not be NULL.
func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(Failure) -> String {
    guard let pointer = unsafe pointer else { throw .invalid("\(what) is NULL") }
    guard let text = unsafe String(validatingCString: pointer) else { throw .invalid("\(what) is not UTF-8") }
    return text
}
