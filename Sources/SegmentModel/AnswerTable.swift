package import SystemPackage
package import SystemVSharedMemory

/// Answers of an outside service by subject, including those that have not arrived yet.
package struct AnswerTable<Subject: Hashable & Sendable, Answer: PossibleAnswer>: Equatable, Sendable {
    package var lookups: [Subject: Answer]

    package init(lookups: [Subject: Answer] = [:]) {
        self.lookups = lookups
    }

    package subscript(subject: Subject) -> Answer { lookups[subject] ?? .unanswered }

    /// Returns this table with unanswered subjects filled in from `earlier`.
    package func completed(by earlier: Self) -> Self {
        var lookups = lookups
        for (subject, answer) in self.lookups where answer == .unanswered {
            lookups[subject] = earlier[subject]
        }
        return Self(lookups: lookups)
    }

    /// Returns the subjects of both tables; `other` wins where both have an answer.
    package func merged(with other: Self) -> Self {
        Self(lookups: lookups.merging(other.lookups) { $1 == .unanswered ? $0 : $1 })
    }
}

/// An answer that may not have arrived yet.
package protocol PossibleAnswer: Hashable, Sendable {
    static var unanswered: Self { get }
}

/// The name service's answers for the groups of a configuration, by name or number as written there.
package typealias GroupTable = AnswerTable<String, GroupLookup>

/// The name service's answer for one group.
package enum GroupLookup: PossibleAnswer {
    case found(UInt32)
    case unknown
    /// The lookup failed with this errno.
    case failed(Int32)
    /// The name service has not answered yet.
    case unanswered
}

/// The results of ftok(3) for the files that keys are made from.
package typealias KeyTable = AnswerTable<FilePath, KeyLookup>

/// The result of ftok(3) for one file.
package enum KeyLookup: PossibleAnswer {
    /// The key with project 1.
    case found(SegmentKey)
    case failed(Errno)
    /// The file system has not answered yet.
    case unanswered
}

extension KeyLookup {
    /// Looks up a file with ftok(3), which may block indefinitely.
    package init(_ file: FilePath, in kernel: any SharedMemoryKernel) {
        do throws(Errno) { self = .found(try kernel.key(ofFile: file, project: 1)) } catch {
            self = .failed(error)
        }
    }
}

extension SegmentDefinition {
    /// The file that ftok(3) makes the key from; nil if the key is a number.
    package var keyFile: FilePath? {
        switch key {
        case .ownFile: file
        case .path(let path, _): path
        case .value: nil
        }
    }
}

extension Configuration {
    /// The groups to look up.
    package var groupNames: Set<String> {
        Set(segments.compactMap(\.group)).union(settings.administrators)
    }

    /// The files to look up.
    package var keyFiles: Set<FilePath> { Set(segments.compactMap(\.keyFile)) }
}
