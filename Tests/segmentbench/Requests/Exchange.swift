import SystemVSharedMemory

/// What a client does, again and again.
enum Exchange {
    /// Acquire and Release, on a connection that stays.
    case warm
    /// Connect, Acquire and attach; then, without being timed, detach and disconnect.
    case cold(SegmentIdentifier)

    /// That the server answers.
    var requests: Int {
        switch self {
        case .warm: 2
        case .cold: 1
        }
    }
}
