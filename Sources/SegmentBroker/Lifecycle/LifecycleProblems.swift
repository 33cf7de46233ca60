import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// Problems that only the lifecycle detects.
extension SegmentProblem {
    /// A program that keeps removing the segment and taking its key.
    static func stolen(_ found: SegmentLifecycle.Observation) -> SegmentProblem {
        let status = found.status
        return SegmentProblem(
            .squatted,
            message:
                "the segment was removed and its key \(status.key) taken again and again, now by segment "
                + "\(found.identifier) of process \(status.creatorProcessID)"
                + "\(found.creatorIsGone ? " (gone)" : "") of user \(status.creatorUserID)",
            remedy:
                "the program insists on creating its own segment: take the declaration away, or stop it for good "
                + "and `ipcrm -m \(found.identifier)`"
        )
    }

    /// Another program created a segment between the broker's look at the key and its shmget(2).
    static func keyTaken(_ key: SegmentKey) -> SegmentProblem {
        SegmentProblem(
            .squatted,
            message: "key \(key) was taken by another segment while this one was being created",
            remedy: "segmentd tries again by itself; see `ipcs -m`"
        )
    }

    static func tooMuchFormerMemory(_ name: SegmentName) -> SegmentProblem {
        SegmentProblem(
            .removedByOther,
            message:
                "it was removed or renewed again and again while attached, and programs have "
                + "\(SegmentLifecycle.formerMemoryLimit) older memories of it attached",
            remedy: "`segmentctl status \(name)` shows them; it is made again once one of them is gone"
        )
    }

    static let kernelNotAsked = SegmentProblem(
        .kernelRefused,
        message: "the kernel has not been asked yet whether its segment is still there",
        remedy: nil
    )

    /// Whatever the broker does to a segment, another process undoes at once.
    static let interference = SegmentProblem(
        Kind(rawValue: "interference"),
        message: "another program changes or removes it again as soon as the broker has set it right",
        remedy: "segmentd tries again every second for a minute, then every 15 s; stop that program"
    )

    static func ownerWasChanged(
        _ permissions: SegmentLifecycle.Permissions,
        _ name: SegmentName
    ) -> SegmentProblem {
        SegmentProblem(
            Kind(rawValue: "owner_was_changed"),
            message:
                "within the last ten minutes somebody else had made user \(permissions.userID) its owner, with "
                + "group \(permissions.groupID) and mode \(permissions.mode.octal); it was set back",
            remedy:
                "who attached it meanwhile still has it: `segmentctl renew \(name) --when=now` gives the name new memory"
        )
    }

    static func renewing(_ name: SegmentName) -> SegmentProblem {
        SegmentProblem(
            Kind(rawValue: "renewing"),
            message: "it is replaced by new memory as soon as nobody uses it",
            remedy: "`segmentctl renew \(name) --when=now` does not wait"
        )
    }
}
