import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// What holds when nothing has happened that the broker cannot know of yet.
extension World {
    func judgeSettled(_ segment: SegmentDescription, _ daemon: BrokerFixture) {
        guard let identifier = segment.identifier else { return }
        guard let status = kernel.segments[identifier] else {
            // A marked one that has lost its last attachment is noticed at the next check, and so is one whose
            // keeper the kernel refused.
            return require(
                segment.state == .removing || kernel.destroysUnattached && inForce[segment.name] == nil,
                "\(segment.name) shows \(identifier), which is gone"
            )
        }
        require(
            segment.size.bytes == status.size,
            "\(segment.name) shows \(segment.size), the kernel \(status.size)"
        )
        require(segment.mode == status.mode, "\(segment.name) shows another mode than the kernel")
        // Nobody knows which mode an undeclared one is to have, and the kernel may refuse its creator too.
        if inForce[segment.name] != nil || status.mode.contains(.ownerRead) {
            judgeKeeper(segment, identifier, daemon)
        }
        if segment.state == .removing {
            return require(status.isMarkedForRemoval, "\(segment.name) is removing and not marked")
        }
        require(!status.isMarkedForRemoval, "\(segment.name) is \(segment.state) and marked")
        require(segment.key == status.key, "\(segment.name) shows another key than the kernel")
        guard let definition = inForce[segment.name], segment.state != .draining else { return }
        judgeDeclared(segment, status, definition)
    }

    private func judgeKeeper(
        _ segment: SegmentDescription,
        _ identifier: SegmentIdentifier,
        _ daemon: BrokerFixture
    ) {
        let own = kernel.attachmentCount(of: identifier, in: BrokerFixture.processID)
        let leaving = daemon.worker.detaches.count { kernel.segment(at: $0) == identifier }
        let keepers = segment.state == .removing ? 0 : 1
        require(
            own - leaving == keepers,
            "\(segment.name) is \(segment.state) with \(own - leaving) keepers"
        )
        require(
            segment.attachments == clientAttachments(identifier),
            "\(segment.name) shows \(segment.attachments) attachments, "
                + "programs have \(clientAttachments(identifier))"
        )
    }

    private func judgeDeclared(
        _ segment: SegmentDescription,
        _ status: SegmentStatus,
        _ definition: SegmentDefinition
    ) {
        require(status.ownerUserID == BrokerFixture.userID, "\(segment.name) is owned by another")
        // Of a group that is known not to exist nobody is let in.
        let isNobody = definition.group.map { groupsInForce[$0] != .found(status.ownerGroupID) } ?? false
        let shut = definition.mode.subtracting(.groupReadWriteExecute)
        require(
            status.mode == definition.mode || isNobody && status.mode == shut,
            "\(segment.name) has another mode than declared"
        )
        let kinds = Set(segment.problems.map(\.kind))
        require(
            kinds.contains(.sizeDiffers) == (status.size != definition.size.bytes),
            "\(segment.name): a difference of size is not told right"
        )
        if case .value(let key) = definition.key {
            require(
                kinds.contains(.keyDiffers) == (status.key != key),
                "\(segment.name): a difference of key is not told right"
            )
        }
        switch definition.group.map({ groupsInForce[$0] }) {
        case .found(let number):
            require(status.ownerGroupID == number, "\(segment.name) has another group than declared")
        case nil:
            require(
                status.ownerGroupID == BrokerFixture.userID,
                "\(segment.name) has a group, none is declared"
            )
        case .unknown, .failed, .unanswered: break
        }
    }
}
