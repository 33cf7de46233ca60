package import SystemVSharedMemory

/// How long a while-used segment stays after its last use.
package enum Linger {
    /// What is left of `linger` when the last program may have come and gone unseen; shmctl(2), `shm_dtime`.
    ///
    /// `now` is CLOCK_REALTIME in µs. The kernel counts whole seconds, so this may be a second too little.
    package static func rest(_ linger: Duration, _ status: SegmentStatus, at now: Int64) -> Duration {
        guard let lastDetach = status.lastDetachMicroseconds else { return .zero }
        let idle = Duration.microseconds(now.subtractingSaturated(lastDetach))
        // A clock that was set back must not keep a segment for ever.
        return idle < .zero ? .zero : max(.zero, linger - idle)
    }
}
