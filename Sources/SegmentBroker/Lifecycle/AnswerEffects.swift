import SegmentModel
import SystemVSharedMemory

/// Updates the facts from the answers of kernel and records.
extension SegmentLifecycle {
    mutating func apply(_ answer: Answer, to action: Action) {
        switch (action, answer) {
        case (.ask(let identifier), _) where identifier == adopting: checkAdoption(answer)
        case (.ask, .observed(let observation)): observe(observation)
        case (.ask(let identifier), _): vanish(identifier)
        case (.find, .observed(let observation)): applyFound(observation)
        case (.find, _): if case .recorded = memory { dropFirstRecorded() } else { declaredKey = .free }
        case (.create(let traits), .created(let identifier)): begin(traits, identifier)
        case (.create(let traits), _): (refusals[.create], declaredKey) = (.keyTaken(traits.key), .notAsked)
        case (.attach, .attached(let address)): change { $0.address = address }
        case (.attach(let identifier), _): vanish(identifier)
        case (.setPermissions(_, let permissions), .observed(let observation)):
            applyPermissions(permissions, observation)
        case (.setPermissions(let identifier, _), _): vanish(identifier)
        case (.mark(let identity), .nothing), (.replace(let identity, _), .nothing):
            vanish(identity.identifier)
        case (.mark(let identity), _):
            let isAttached = depart(identity, holdsName: request == Request(.remove, isNow: true))
            loss = .none
            tell(isAttached ? .marked : .removed)
        case (.replace(let identity, let traits), .created(let identifier)):
            depart(identity)
            loss = .gone
            begin(traits, identifier)
        case (.replace(let identity, _), _):
            // Only the first half succeeded. The old segment is detached now, so the rules retry the second half once.
            depart(identity)
            loss = .gone
        case (.writeRecord(let record), _): stored = record
        case (.eraseRecord, _): stored = nil
        case (.detach, _), (.arm, _), (.disarm, _), (.tell, _): break
        }
    }

    mutating func apply(refusal problem: SegmentProblem, of action: Action) {
        if case .ask(let identifier) = action, identifier == adopting {
            return refuseAdoption(.kernel(problem))
        }
        if let step = action.step { refusals[step] = problem }
        // Nothing has been done to an adopted segment yet, and without a record a restart would not recognize it.
        if case .writeRecord = action, case .live(let live) = memory, !isOurs(live.identity) {
            memory = .none
            refuseAdoption(.record(problem))
        }
    }

    // MARK: What is seen

    private mutating func observe(_ observation: Observation) {
        if let index = formerMemory.firstIndex(where: { $0.identity.identifier == observation.identifier }) {
            formerMemory[index].attachments = observation.status.attachmentCount
            if !formerMemory[index].identity.fits(observation) || !observation.isMarked {
                formerMemory.remove(at: index)
            }
        }
        switch memory {
        case .recorded(.created(let identity), _) where identity.identifier == observation.identifier:
            recover(.created(identity), observation)
        case .live(let live) where live.identity.identifier == observation.identifier:
            observe(observation, of: live)
        case .recorded, .live, .none: break
        }
    }

    private mutating func observe(_ observation: Observation, of live: Live) {
        guard live.identity.fits(observation) else { return vanish(live.identity.identifier) }
        let own: UInt64 = live.address == nil ? 0 : 1
        let clients = observation.status.attachmentCount.subtractingSaturated(own)
        change { live in
            live.clientAttachments = clients
            live.permissions = observation.permissions
            live.isFresh = true
            live.wasUsed = live.wasUsed || clients > 0
        }
        guard observation.isMarked else { return }
        tell(.markedByOther)
        depart(live.identity)
        loss = .removedByOther
    }

    private mutating func applyPermissions(_ wanted: Permissions, _ observation: Observation) {
        // Attaching may have failed only for lack of permission.
        refusals[.attach] = nil
        let isOwnerOnly = wanted == credentials.ownerOnly
        if case .live(let live) = memory, !isOwnerOnly, live.permissionsBefore == nil {
            tell(.repaired(live.permissions))
        }
        change { live in
            live.permissionsBefore = isOwnerOnly ? live.permissionsBefore ?? live.permissions : nil
        }
        observe(observation)
    }

    private mutating func applyFound(_ observation: Observation) {
        switch memory {
        case .recorded(let segment, _): recover(segment, observation)
        case .none where stored?.leads(to: observation.identity) == true && mayChange(observation):
            takeOver(observation)
        case .none where isOurs(observation.identity) && mayChange(observation) && isAsDeclared(observation):
            takeOver(observation, as: .takenOverUnrecorded)
        case .none, .live: meetStranger(observation)
        }
    }

    /// The file system gives an inode to another file later, and with it the key: what has the key of a segment's own
    /// file and no record may be another segment's memory.
    private func isAsDeclared(_ observation: Observation) -> Bool {
        guard let declaration, declaration.definition.key == .ownFile else { return true }
        let isForItsGroup =
            switch group(declaration) {
            case .number(let number): observation.permissions.groupID == number
            case .unchanged, .nobody: false
            }
        return observation.status.size == declaration.definition.size.bytes
            && (isForItsGroup || observation.permissions == credentials.ownerOnly)
    }

    /// The broker owns only what a record names or, for a service, what its own user created.
    private func isOurs(_ identity: Identity) -> Bool {
        let creator = identity.traits.creatorUserID
        return stored?.leads(to: identity) == true
            || credentials.trustsCreator && OverflowUser.isSame(creator, credentials.userID)
    }

    /// The kernel lets owner and creator change a segment: what is neither's is not the broker's any more, and a spoilt
    /// record may name anybody's.
    private func mayChange(_ observation: Observation) -> Bool {
        [observation.status.creatorUserID, observation.status.ownerUserID].contains(credentials.userID)
    }

    private mutating func meetStranger(_ observation: Observation) {
        if loss == .removedByOther { (loss, thefts) = (.stolen, min(thefts + 1, Self.theftsUntilNamed)) }
        let squatted = SegmentProblem.squatted(
            observation,
            name,
            ownUserID: credentials.userID
        )
        declaredKey = .taken(thefts < Self.theftsUntilNamed ? squatted : .stolen(observation))
    }

    // MARK: What begins

    /// Checks what the kernel shows against the record: the same segment, or by now another.
    private mutating func recover(_ segment: RecordedSegment, _ observation: Observation) {
        guard segment.fits(observation), mayChange(observation) else { return dropFirstRecorded() }
        if observation.isMarked {
            formerMemory.append(
                FormerMemory(
                    identity: Identity(identifier: observation.identifier, traits: segment.traits),
                    holdsName: request == Request(.remove, isNow: true),
                    attachments: observation.status.attachmentCount
                )
            )
            return dropFirstRecorded(isMarked: true)
        }
        // The renewal recorded as due is what created it.
        if case .planned = segment, request?.verb == .renew { request = nil }
        takeOver(observation)
    }

    private mutating func dropFirstRecorded(isMarked: Bool = false) {
        guard case .recorded(let segment, let next) = memory else { return }
        memory = next.map { .recorded($0, orElse: nil) } ?? .none
        if case .created = segment {
            loss = .gone
            // What was to be replaced or removed may be gone because it has been.
            if !isMarked, next == nil, request?.verb != .remove { tell(.goneBeforeStart) }
        }
        forgetMetRemoval()
    }

    mutating func takeOver(_ observation: Observation, as note: Note = .takenOver) {
        tell(note)
        begin(
            Live(
                identity: observation.identity,
                permissions: observation.permissions,
                clientAttachments: observation.status.attachmentCount,
                // Nobody is known to have used it whom the broker has served.
                wasUsed: note != .adopted,
                awaitsClients: note != .adopted
            )
        )
    }

    private mutating func begin(_ traits: Traits, _ identifier: SegmentIdentifier) {
        tell(loss == .none ? .created : .replaced)
        if request?.verb == .renew { request = nil }
        begin(
            Live(
                identity: Identity(identifier: identifier, traits: traits),
                permissions: credentials.ownerOnly,
                permissionsBefore: credentials.ownerOnly,
                wasUsed: isDemanded
            )
        )
    }

    private mutating func begin(_ live: Live) {
        (memory, declaredKey, loss, isDismissed) = (.live(live), .notAsked, .none, false)
        // The name has memory again, so nothing waits for former memory any more.
        for index in formerMemory.indices { formerMemory[index].holdsName = false }
    }

    // MARK: What ends

    /// The segment no longer exists.
    private mutating func vanish(_ identifier: SegmentIdentifier) {
        formerMemory.removeAll { $0.identity.identifier == identifier }
        switch memory {
        case .recorded(.created(let identity), _) where identity.identifier == identifier: dropFirstRecorded()
        case .live(let live) where live.identity.identifier == identifier:
            tell(.vanished)
            change { $0.clientAttachments = 0 }
            depart(live.identity)
            loss = .removedByOther
        case .recorded, .live, .none: break
        }
    }

    /// Separates the present memory from the name; true if clients still have it attached.
    @discardableResult
    private mutating func depart(_ identity: Identity, holdsName: Bool = false) -> Bool {
        guard case .live(let live) = memory, live.identity == identity else { return false }
        let isAttached = live.clientAttachments > 0
        if isAttached {
            formerMemory.append(
                FormerMemory(
                    identity: live.identity,
                    holdsName: holdsName,
                    attachments: live.clientAttachments
                )
            )
        }
        if let address = live.address { unanswered.append(.detach(address, isLast: !isAttached)) }
        (memory, declaredKey, leases) = (.none, .notAsked, 0)
        return isAttached
    }
}
