package import SystemPackage
package import SystemVSharedMemory

/// Whether a segment that was ours still is; shmctl(2).
///
/// Identifiers are used again, so a segment is the same only with the same key, size and creator.
package enum Liveness: Equatable, Sendable {
    case alive(SegmentStatus)
    /// Marked for removal, and without its key; still attached.
    case marked(SegmentStatus)
    case gone
    /// The kernel did not say: nothing is known, and nothing follows from it.
    case unknown(Errno)

    /// `asked` is what IPC_STAT of the identifier gave; nil as the key stands for a segment that is already marked.
    package init(
        _ asked: Result<SegmentStatus, Errno>,
        key: SegmentKey?,
        size: UInt64,
        creatorUserID: UInt32
    ) {
        switch asked {
        case .failure(.invalidArgument), .failure(.identifierRemoved): self = .gone
        case .failure(let errno): self = .unknown(errno)
        case .success(let status):
            let isSame = status.size == size && status.creatorUserID == creatorUserID
            if isSame, status.isMarkedForRemoval {
                self = .marked(status)
            } else if isSame, status.key == key {
                self = .alive(status)
            } else {
                self = .gone
            }
        }
    }
}
