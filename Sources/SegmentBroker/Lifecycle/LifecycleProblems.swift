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
                "the program insists on creating its own segment: delete the declaration, or stop the program for good "
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
                + "\(SegmentLifecycle.formerMemoryLimit) earlier memories of it attached",
            remedy: "`segmentctl status \(name)` lists them; it is created again once one of them is gone"
        )
    }

    static let kernelNotAsked = SegmentProblem(
        .kernelRefused,
        message: "the kernel has not been asked yet whether its segment still exists",
        remedy: nil
    )

    /// Another process undoes each change of the broker at once.
    static let interference = SegmentProblem(
        Kind(rawValue: "interference"),
        message: "another program keeps changing or removing it as soon as the broker has repaired it",
        remedy: "segmentd tries again every second for a minute, then every 15 s; stop that program"
    )

    static func ownerWasChanged(
        _ permissions: SegmentLifecycle.Permissions,
        _ name: SegmentName
    ) -> SegmentProblem {
        SegmentProblem(
            Kind(rawValue: "owner_was_changed"),
            message:
                "within the last ten minutes another process made user \(permissions.userID) its owner, with "
                + "group \(permissions.groupID) and mode \(permissions.mode.octal); this was reverted",
            remedy:
                "programs that attached it meanwhile still have it: `segmentctl renew \(name) --when=now` gives the name new memory"
        )
    }

    static func renewing(_ name: SegmentName) -> SegmentProblem {
        SegmentProblem(
            Kind(rawValue: "renewing"),
            message: "it will be replaced with new memory once it is unused",
            remedy: "`segmentctl renew \(name) --when=now` does not wait"
        )
    }
}
