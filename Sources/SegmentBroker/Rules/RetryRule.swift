package import SegmentModel
package import SystemVSharedMemory

/// Which blocked segments a check tries to make again: those for which the outcome may be another.
///
/// A try costs a record and several system calls; where ten thousand segments wait for one limit of the kernel, all
/// of them would be tried in vain.
package struct RetryRule: Equatable, Sendable {
    /// Whether a record could not be written since the check began.
    private var isRecordRefused = false
    /// The smallest size for which there was no memory since the check began, in bytes.
    private var smallestRefused: UInt64?

    package init() {}

    /// Notes that a segment of `size` bytes could not be made.
    package mutating func note(_ kind: SegmentProblem.Kind, size: UInt64) {
        switch kind {
        case .recordsUnwritable: isRecordRefused = true
        case .outOfMemory: smallestRefused = min(size, smallestRefused ?? size)
        default: break
        }
    }

    /// Whether to try again to make a segment of `size` bytes that such a problem blocks.
    ///
    /// `limits` are what the kernel says now; nil where it does not say.
    package func isWorthTrying(_ kind: SegmentProblem.Kind, size: UInt64, limits: KernelLimits?) -> Bool {
        switch kind {
        case .recordsUnwritable: !isRecordRefused
        case .outOfMemory: smallestRefused.map { size < $0 } ?? true
        case .kernelLimit: limits.map { Self.fits(size, $0) } ?? true
        // Trying asks the tables, and the kernel no more than who has the key.
        default: true
        }
    }

    private static func fits(_ size: UInt64, _ limits: KernelLimits) -> Bool {
        limits.segmentsInUse < limits.segments && size <= limits.largestSegment
            && limits.bytesInUse <= limits.totalBytes && size <= limits.totalBytes - limits.bytesInUse
    }
}
