import CLinux

/// A thread for work that may be held up for ever, and is then waited for by nobody.
package enum DetachedThread {
    /// False where there is no room for one more; pthread_create(3).
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let work = unsafe Unmanaged.passRetained(Work(body))
        let error = unsafe clinux_start_thread(
            nil,
            0,
            { work in
                if let work = unsafe work {
                    unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
                }
                return nil
            },
            work.toOpaque()
        )
        if error != 0 { unsafe work.release() }
        return error == 0
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
