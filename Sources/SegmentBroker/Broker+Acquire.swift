package import SegmentModel
package import SystemPackage

/// What becomes of a wish for a lease.
package enum Acquisition: Sendable {
    case granted(Grant)
    /// To be asked again with the answers.
    case asking(FreshQuestions)
}

/// What a segment that is to be made depends on, and may have changed since it was last asked.
package struct FreshQuestions: Equatable, Sendable {
    package var groups: Set<String> = []
    package var keyFiles: Set<FilePath> = []

    package var isEmpty: Bool { groups.isEmpty && keyFiles.isEmpty }
}

/// What has been answered to `FreshQuestions`, or that nothing has within the time limit.
package struct FreshAnswers: Sendable {
    /// Nothing has been asked.
    package static let none = FreshAnswers()

    package var groups: GroupTable
    package var keys: KeyTable

    package init(groups: GroupTable = GroupTable(), keys: KeyTable = KeyTable()) {
        (self.groups, self.keys) = (groups, keys)
    }
}

extension Broker {
    /// Puts fresh answers in force.
    package func learn(_ answers: FreshAnswers) {
        groups = groups.merged(with: answers.groups)
        keys = keys.merged(with: answers.keys)
    }

    /// What must be asked before an Acquire makes a segment, beyond what has been: the file of its key, which may have
    /// appeared or be another by now, and a group without a number.
    ///
    /// Throws that there is no answer.
    func questions(
        beforeMaking segment: BrokeredSegment,
        _ answers: FreshAnswers
    ) throws(BrokerError) -> FreshQuestions {
        var questions = FreshQuestions()
        guard segment.live == nil, segment.state != .removing else { return questions }
        guard let definition = segment.definition else { return questions }
        // The start has asked already.
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
