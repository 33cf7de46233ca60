package import SegmentModel
package import SystemVSharedMemory

/// Decides which blocked segments a check tries to create again: those for which the outcome may differ.
///
/// An attempt costs a record and several system calls; if ten thousand segments wait for one kernel limit,
/// all attempts would be in vain.
package struct RetryRule: Equatable, Sendable {
    /// Whether writing a record has failed since the check began.
    private var isRecordRefused = false
    /// The smallest size for which memory was lacking since the check began, in bytes.
    private var smallestRefused: UInt64?

    package init() {}

    /// Notes that a segment of `size` bytes could not be created.
    package mutating func note(_ kind: SegmentProblem.Kind, size: UInt64) {
        switch kind {
        case .recordsUnwritable: isRecordRefused = true
        case .outOfMemory: smallestRefused = min(size, smallestRefused ?? size)
        default: break
        }
    }

    /// Returns whether to retry creating a segment of `size` bytes blocked by such a problem.
    ///
    /// `limits` are the current ones; nil if the kernel does not say.
    package func isWorthTrying(_ kind: SegmentProblem.Kind, size: UInt64, limits: KernelLimits?) -> Bool {
        switch kind {
        case .recordsUnwritable: !isRecordRefused
        case .outOfMemory: smallestRefused.map { size < $0 } ?? true
        case .kernelLimit: limits.map { Self.fits(size, $0) } ?? true
        // Retrying is cheap: it looks up tables and the owner of the key.
        default: true
        }
    }

    private static func fits(_ size: UInt64, _ limits: KernelLimits) -> Bool {
        limits.segmentsInUse < limits.segments && size <= limits.largestSegment
            && limits.bytesInUse <= limits.totalBytes && size <= limits.totalBytes - limits.bytesInUse
    }
}
