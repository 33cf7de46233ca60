import SegmentRecords
import SystemPackage
import SegmentModel
import SystemVSharedMemory

extension SegmentProblem {
    static func keyCollision(
        _ key: SegmentKey,
        _ declaration: KeyDeclaration,
        holder: SegmentName?
    ) -> SegmentProblem {
        let source =
            switch declaration {
            case .ownFile: "every key of its own file"
            case .path(let path, let project): "key \(key), ftok(\"\(path)\", \(project)),"
            case .value: "key \(key)"
            }
        return SegmentProblem(
            .keyCollision,
            message: "\(source) is already the key of \(holder.map { "segment \($0)" } ?? "another segment")",
            remedy: "declare another project, path or value under [key]"
        )
    }

    static func squatted(
        _ found: SegmentLifecycle.Observation,
        _ name: SegmentName,
        ownUserID: UInt32
    ) -> SegmentProblem {
        let (identifier, status, key) = (found.identifier, found.status, found.status.key)
        guard status.creatorUserID != ownUserID else {
            return SegmentProblem(
                .squatted,
                message: "key \(key) belongs to segment \(identifier) of segmentd's own user "
                    + "(\(ByteCount(bytes: status.size))), which no record names: its record is lost or was set aside, "
                    + "or another program of that user owns it",
                remedy:
                    "if its record was set aside, repair it and restart segmentd; otherwise check what the segment "
                    + "contains before `ipcrm -m \(identifier)`: segmentd then creates its own within 15 seconds"
            )
        }
        let isAttached = status.attachmentCount > 0
        let lastUser =
            status.lastProcessID > 0 ? ", last used by process \(status.lastProcessID)" : ""
        let removal =
            if isAttached {
                "stop the programs that have it attached, then `ipcrm -m \(identifier)`; start them again once segmentd "
                    + "has created its own, within 15 seconds"
            } else {
                (found.creatorIsGone
                    ? "nobody has it attached: "
                    : "nobody has it attached, but stop its creator if it is still running: ")
                    + "if its contents are not needed, `ipcrm -m \(identifier)`; segmentd then creates its own within 15 "
                    + "seconds"
            }
        return SegmentProblem(
            .squatted,
            message:
                "key \(key) belongs to segment \(identifier) of user \(status.creatorUserID), created by "
                + "process \(status.creatorProcessID)\(found.creatorIsGone ? " (gone)" : ""), "
                + "\(ByteCount(bytes: status.size)), "
                + (isAttached ? "currently attached" : "not attached")
                + lastUser,
            remedy:
                "\(removal); or declare another key; segmentd does not touch segments that it did not create"
        )
    }

    static func groupUnknown(_ group: String, failure: Int32?) -> SegmentProblem {
        SegmentProblem(
            .groupUnknown,
            message: failure.map { "group \(group) cannot be looked up (errno \($0))" }
                ?? "there is no group \(group)",
            remedy: "`groupadd \(group)`, or declare another group; segmentd tries again by itself"
        )
    }

    static func groupUnanswered(_ group: String) -> SegmentProblem {
        SegmentProblem(
            .groupUnknown,
            message: "the name service has not answered the lookup of group \(group)",
            remedy: "find out what blocks `getent group \(group)`; segmentd tries again by itself"
        )
    }

    static func sizeDiffers(_ name: SegmentName, live: ByteCount, declared: ByteCount) -> SegmentProblem {
        SegmentProblem(
            .sizeDiffers,
            message: "its size is \(live), but \(declared) is declared",
            remedy: madeAnew(name, "takes effect when it is next created")
        )
    }

    /// Renew in one step; otherwise, programs that compute the key would find it free and create the segment
    /// themselves.
    private static func madeAnew(_ name: SegmentName, _ text: String) -> String {
        "\(text): `segmentctl renew \(name)` once it is unused"
    }

    static func keyDiffers(_ name: SegmentName, live: SegmentKey, declared: SegmentKey) -> SegmentProblem {
        SegmentProblem(
            .keyDiffers,
            message: "its key is \(live), but \(declared) is declared",
            remedy: madeAnew(name, "takes effect when it is next created")
        )
    }

    static func keyMoved(
        _ name: SegmentName,
        _ path: String,
        live: SegmentKey,
        now: SegmentKey
    ) -> SegmentProblem {
        // ftok(3) takes sixteen bits of the inode and eight of the device.
        let isSameInode = live.bits & 0xffff == now.bits & 0xffff
        return SegmentProblem(
            .keyMoved,
            message: (isSameInode ? "the device number" : "the inode")
                + " of \(path) has changed since the segment was created: it keeps key \(live), but programs that call "
                + "ftok now compute \(now)",
            remedy: madeAnew(name, "it gets the new key when it is next created")
        )
    }

    static func projectMoved(_ name: SegmentName, to key: SegmentKey) -> SegmentProblem {
        SegmentProblem(
            .keyMoved,
            message:
                "the key of its file with project \(KeyDeclaration.defaultProject) was taken by another segment: it has "
                + "project \(key.projectID)",
            remedy: "if programs compute its key: `segmentctl renew \(name)` once that key is free"
        )
    }

    /// The number stays in force, so members of the group keep their access.
    static func groupForgotten(_ group: String, number: UInt32) -> SegmentProblem {
        SegmentProblem(
            .groupUnknown,
            message:
                "group \(group) no longer exists: its number \(number) keeps access, whoever has it now",
            remedy:
                "declare the group that replaced it, or restore it and its members: `groupadd --gid \(number) \(group)`"
        )
    }

    static func permissionsDiffer(_ found: SegmentStatus, reason: String) -> SegmentProblem {
        SegmentProblem(
            .permissionsDiffer,
            message: "owner \(found.ownerUserID), group \(found.ownerGroupID) and mode "
                + "\(found.mode.octal) are not as declared and cannot be repaired: \(reason)",
            remedy: "only its creator or root may change it; see ipcs -m"
        )
    }

    /// `refusal` explains the errno of the attach.
    static func unshielded(_ errno: Errno, _ refusal: SegmentProblem) -> SegmentProblem {
        SegmentProblem(
            .unshielded,
            message: "the kernel does not let the broker attach it: \(errno)",
            remedy: (refusal.remedy.map { "\($0); " } ?? "")
                + "until it is attached, `RemoveIPC=` of other units, logind or kernel.shm_rmid_forced may remove it"
        )
    }

    static let undeclared = SegmentProblem(
        .undeclared,
        message: "it is no longer declared",
        remedy: "it is removed once unused; declare it again to keep it"
    )

    static func recordsUnwritable(_ reason: String) -> SegmentProblem {
        SegmentProblem(
            .recordsUnwritable,
            message: "its record cannot be written: \(reason)",
            remedy: "check that the state directory has space and answers; segmentd tries again by itself"
        )
    }

    static let unattachedSegmentsDestroyed = SegmentProblem(
        .unattachedSegmentsDestroyed,
        message: "kernel.shm_rmid_forced is 1: the kernel destroys every segment that nobody has attached",
        remedy:
            "`sysctl kernel.shm_rmid_forced=0`; until then segments are lost whenever segmentd is not running"
    )

    static func unknownAdministrators(_ groups: [String]) -> SegmentProblem {
        SegmentProblem(
            .groupUnknown,
            message: "administrators lists unknown groups: \(groups.joined(separator: ", "))",
            remedy: "correct the name, or create the group: `groupadd --system NAME`"
        )
    }

    static func groupHasMembers(_ identity: BrokerIdentity) -> SegmentProblem {
        SegmentProblem(
            .groupHasMembers,
            message: "group \(identity.groupName), the daemon's own, has members: "
                + "\(identity.groupMembers.joined(separator: ", ")); the kernel lets them attach every segment "
                + "whose mode grants its group access",
            remedy: "remove them from the group: `gpasswd -d USER \(identity.groupName)`"
        )
    }
}
