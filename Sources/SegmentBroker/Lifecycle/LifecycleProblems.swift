import SegmentModel
import SystemVSharedMemory

/// Texts of problems that only a lifecycle finds.
extension SegmentProblem {
    /// A stranger that has removed the segment again and again, and taken its key.
    static func stolen(_ status: SegmentStatus) -> SegmentProblem {
        SegmentProblem(
            .squatted,
            message:
                "the segment was removed and its key \(status.key) taken again and again, now by process "
                + "\(status.creatorProcessID) of user \(status.creatorUserID)",
            remedy: "the program insists on creating its own segment: stop it, or take the declaration away"
        )
    }

    /// Somebody was faster than the broker.
    static func keyTaken(_ key: SegmentKey) -> SegmentProblem {
        SegmentProblem(
            .squatted,
            message: "key \(key) was taken by another segment while this one was being created",
            remedy: "segmentd tries again by itself; see `ipcs -m`"
        )
    }

    static let kernelNotAsked = SegmentProblem(
        .kernelRefused,
        message: "the kernel has not been asked yet whether its segment is still there",
        remedy: nil
    )

    static func renewing(_ name: SegmentName) -> SegmentProblem {
        SegmentProblem(
            Kind(rawValue: "renewing"),
            message: "it is replaced by new memory as soon as nobody uses it",
            remedy: "`segmentctl renew \(name) --when=now` does not wait"
        )
    }
}
