import CLinux
import Glibc
package import SystemPackage

/// A thread with all signals blocked; pthread_create(3).
package struct Thread: Sendable {
    private let thread: pthread_t

    /// Starts a thread that must be joined; `stack` is in bytes.
    package init(stack: Int, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        var thread = pthread_t()
        unsafe try Self.start(&thread, stack, body)
        self.thread = thread
    }

    /// Waits for the thread to end.
    package func join() { pthread_join(thread, nil) }

    /// Starts a detached thread, for work that may block forever; a stack of 0 bytes means the default size.
    ///
    /// Throws if no thread can be created.
    package static func detach(stack: Int = 0, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        unsafe try start(nil, stack, body)
    }

    /// Pauses the calling thread, at most until a signal is handled; usleep(3).
    package static func sleep(_ duration: Duration) {
        usleep(UInt32(clamping: duration.nanoseconds / 1000 + 1))
    }

    private static func start(
        _ thread: UnsafeMutablePointer<pthread_t>?,
        _ stack: Int,
        _ body: @escaping @Sendable () -> Void
    ) throws(Errno) {
        let work = unsafe Unmanaged.passRetained(Work(body))
        let error = unsafe clinux_start_thread(
            thread,
            stack,
            { work in
                if let work = unsafe work {
                    unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
                }
                return nil
            },
            work.toOpaque()
        )
        guard error != 0 else { return }
        unsafe work.release()
        throw Errno(rawValue: error)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
