package import SegmentModel
package import SystemPackage
import SystemVSharedMemory

/// The outcome of an Acquire.
package enum Acquisition: Sendable {
    case granted(Grant)
    /// Answers are needed first; call again with them.
    case lookupNeeded(FreshQuestions)
}

/// The lookups needed before a segment is created, because their answers may have changed.
package struct FreshQuestions: Equatable, Sendable {
    package var groups: Set<String> = []
    package var keyFiles: Set<FilePath> = []

    package var isEmpty: Bool { groups.isEmpty && keyFiles.isEmpty }
}

/// The answers to `FreshQuestions`, including those that did not arrive within the time limit.
package struct FreshAnswers: Sendable {
    /// No lookups were made.
    package static let none = FreshAnswers()

    package var groups: GroupTable
    package var keys: KeyTable

    package init(groups: GroupTable = GroupTable(), keys: KeyTable = KeyTable()) {
        (self.groups, self.keys) = (groups, keys)
    }
}

extension Broker {
    /// Grants a lease exactly when the kernel would let the client attach, creating the segment first if
    /// necessary.
    ///
    /// If the segment must be created, returns the lookups needed first; `answers` are those made since the
    /// client called.
    package func acquire(
        _ name: String,
        _ access: Access,
        _ holder: LeaseHolder,
        knowing answers: FreshAnswers
    ) throws(BrokerError) -> Acquisition {
        guard let segment = segments[name] else { throw .noSuchSegment(name: name) }
        try mayHold(holder)
        let questions = try questions(beforeMaking: segment, answers)
        guard questions.isEmpty else { return .lookupNeeded(questions) }
        defer { if segment.lifecycle.isDemanded { send(.demanded(false), to: segment) } }
        let found = try present(segment, access, holder.client)
        let status = found.status
        let rule = AccessRule(status)
        guard rule.grants(access, to: holder.client) else {
            throw .accessDenied(
                name: segment.name,
                access: access,
                userID: holder.client.userID,
                reason: rule.reason(
                    against: holder.client,
                    access,
                    groupName: groupName(rule.ownerGroupID, of: segment.definition)
                )
            )
        }
        let number = grant(access, on: segment, found.identifier, to: holder)
        return .granted(
            Grant(
                lease: String(number),
                name: segment.name,
                key: status.key,
                identifier: found.identifier,
                size: ByteCount(bytes: status.size),
                access: access,
                creatorUserID: status.creatorUserID,
                changeTime: status.lastChange,
                ipcNamespace: ipcNamespace
            )
        )
    }

    /// Runs calls of several clients with one IPC_STAT per segment that they acquire.
    ///
    /// Every call in `commands` arrived before this started, so one status per segment is a valid answer for
    /// all of them. Whatever the broker itself changes or finds in between is queried again.
    package func together<Result>(_ commands: () throws -> Result) rethrows -> Result {
        statusesTogether = [:]
        defer { statusesTogether = nil }
        return try commands()
    }

    /// Returns the segment as it is in the kernel, created if it was absent or blocked.
    private func present(
        _ segment: BrokeredSegment,
        _ access: Access,
        _ client: Client
    ) throws(BrokerError) -> FoundSegment {
        if let found = unchanged(segment) { return found }
        declareAwaited(segment)
        send(.look, to: segment)
        if segment.live == nil, segment.state != .removing, let definition = segment.definition {
            try mayMake(definition, access, client)
            guard let declaration = resolved(segment) else { throw .noSuchSegment(name: segment.name.string) }
            send(.resolved(declaration), .demanded(true), to: segment)
        }
        guard segments[segment.name.string] != nil else { throw .noSuchSegment(name: segment.name.string) }
        if let problem = segment.lifecycle.unopenedProblem {
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
        switch segment.state {
        case .ready, .drifted:
            guard let live = segment.live, live.isFresh, let status = status(of: segment) else {
                let problem = segment.lifecycle.refusals[.ask] ?? .kernelNotAsked
                throw .segmentBlocked(name: segment.name, problem: problem)
            }
            statusesTogether?[live.identity.identifier] = status
            return FoundSegment(identifier: live.identity.identifier, status: status)
        case .blocked:
            let problem = segment.lifecycle.problems.first ?? .kernelNotAsked
            throw .segmentBlocked(name: segment.name, problem: problem)
        case .absent, .draining, .removing: throw .segmentRemoving(name: segment.name)
        }
    }

    /// Applies a declaration that the start has not reached yet.
    func declareAwaited(_ segment: BrokeredSegment) {
        guard let awaited = segment.awaited else { return }
        segment.awaited = nil
        send(.declared(awaited.placed ?? resolver.declaration(awaited.definition)), to: segment)
    }

    /// Returns the segment if nothing but its users has changed since it was settled; nil otherwise.
    private func unchanged(_ segment: BrokeredSegment) -> FoundSegment? {
        guard let settled = segment.settled else { return nil }
        let known = statusesTogether?[settled.identifier]
        guard let status = known ?? self.status(settled.identifier), status.isSame(settled.status) else {
            return nil
        }
        if known == nil { statusesTogether?[settled.identifier] = status }
        return FoundSegment(identifier: settled.identifier, status: status)
    }

    /// Throws if the client could not attach the segment once created.
    private func mayMake(
        _ definition: SegmentDefinition,
        _ access: Access,
        _ client: Client
    ) throws(BrokerError) {
        let group: UInt32
        do throws(SegmentProblem) {
            group = try resolver.number(ofGroup: definition.group)
        } catch {
            throw .segmentBlocked(name: definition.name, problem: error)
        }
        let rule = AccessRule(
            ownerUserID: identity.userID,
            creatorUserID: identity.userID,
            ownerGroupID: group,
            creatorGroupID: identity.groupID,
            mode: definition.mode
        )
        guard !rule.grants(access, to: client) else { return }
        throw .accessDenied(
            name: definition.name,
            access: access,
            userID: client.userID,
            reason: rule.reason(against: client, access, groupName: groupName(group, of: definition))
        )
    }

    /// Returns the declared name of a group; nil if the declaration names none or another.
    private func groupName(_ number: UInt32, of definition: SegmentDefinition?) -> String? {
        definition?.group.flatMap { groups[$0] == .found(number) ? $0 : nil }
    }

    /// Merges in fresh answers.
    package func learn(_ answers: FreshAnswers) {
        groups = groups.merged(with: answers.groups)
        keys = keys.merged(with: answers.keys)
    }

    /// Returns the lookups still needed before an Acquire may create a segment: the file of its key, which
    /// may have appeared or changed, and a group without a number.
    ///
    /// Throws `segmentBlocked` if a lookup was not answered.
    func questions(
        beforeMaking segment: BrokeredSegment,
        _ answers: FreshAnswers
    ) throws(BrokerError) -> FreshQuestions {
        var questions = FreshQuestions()
        guard segment.live == nil, segment.state != .removing else { return questions }
        guard let definition = segment.definition else { return questions }
        // The start has already made these lookups.
        if isStarting, let problem = resolver.unanswered(definition) {
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
        if let group = definition.group {
            switch (groups[group], answers.groups.lookups[group]) {
            case (.found, _): break
            case (_, nil): questions.groups = [group]
            case (_, .unanswered): throw .segmentBlocked(name: segment.name, problem: .groupUnanswered(group))
            default: break
            }
        }
        if let file = definition.keyFile {
            switch answers.keys.lookups[file] {
            case nil: questions.keyFiles = [file]
            case .unanswered:
                throw .segmentBlocked(name: segment.name, problem: KeyPathRule.unansweredProblem(file))
            default: break
            }
        }
        return questions
    }
}
