package import SegmentModel
package import SystemPackage

/// The outcome of an Acquire.
package enum Acquisition: Sendable {
    case granted(Grant)
    /// Answers are needed first; call again with them.
    case asking(FreshQuestions)
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
