/// What an outside world said when it was asked, and that it has not said anything yet; a value, made elsewhere.
package struct AnswerTable<Subject: Hashable & Sendable, Answer: PossibleAnswer>: Equatable, Sendable {
    package var lookups: [Subject: Answer]

    package init(lookups: [Subject: Answer] = [:]) {
        self.lookups = lookups
    }

    package subscript(subject: Subject) -> Answer { lookups[subject] ?? .unanswered }

    /// The same questions, answered as `earlier` where nothing has been said since.
    package func completed(by earlier: Self) -> Self {
        var lookups = lookups
        for (subject, answer) in self.lookups where answer == .unanswered {
            lookups[subject] = earlier[subject]
        }
        return Self(lookups: lookups)
    }

    /// The questions of both; `other` is right where both know.
    package func merged(with other: Self) -> Self {
        Self(lookups: lookups.merging(other.lookups) { $1 == .unanswered ? $0 : $1 })
    }
}

/// An answer that may not have come yet.
package protocol PossibleAnswer: Hashable, Sendable {
    static var unanswered: Self { get }
}
