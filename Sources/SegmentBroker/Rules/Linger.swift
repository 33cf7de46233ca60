package import SystemVSharedMemory

/// How long a `while-used` segment stays after its last use.
package enum Linger {
    /// Returns the rest of `linger` since the last detach, which may have gone unnoticed; shmctl(2),
    /// `shm_dtime`.
    ///
    /// `now` is CLOCK_REALTIME in µs. The kernel counts whole seconds, so the result may be a second too
    /// short.
    package static func remaining(_ linger: Duration, _ status: SegmentStatus, at now: Int64) -> Duration {
        guard let lastDetach = status.lastDetachMicroseconds else { return .zero }
        let idle = Duration.microseconds(now.subtractingSaturated(lastDetach))
        // A clock that was set back must not keep a segment forever.
        return idle < .zero ? .zero : max(.zero, linger - idle)
    }
}
