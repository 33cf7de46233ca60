package import SystemPackage
package import SystemVSharedMemory

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

/// What the name service said of the groups that a configuration names, by the name or number as it writes them.
package typealias GroupTable = AnswerTable<String, GroupLookup>

/// What the name service said of one group.
package enum GroupLookup: PossibleAnswer {
    case found(UInt32)
    case unknown
    /// The name service itself failed, with this errno.
    case failed(Int32)
    /// The name service has not answered.
    case unanswered
}

/// What ftok(3) said of the files that keys are made of.
package typealias KeyTable = AnswerTable<FilePath, KeyLookup>

/// What ftok(3) said of one file.
package enum KeyLookup: PossibleAnswer {
    /// The key with project 1.
    case found(SegmentKey)
    case failed(Errno)
    /// The file system has not answered.
    case unanswered
}

extension KeyLookup {
    /// Asks the file system; stat(2).
    ///
    /// It may take for ever.
    package init(_ file: FilePath, in kernel: any SharedMemoryKernel) {
        do throws(Errno) { self = .found(try kernel.key(ofFile: file, project: 1)) } catch {
            self = .failed(error)
        }
    }
}

extension SegmentDefinition {
    /// The file that ftok(3) makes the key of; nil where the key is a number.
    package var keyFile: FilePath? {
        switch key {
        case .ownFile: file
        case .path(let path, _): path
        case .value: nil
        }
    }
}

extension Configuration {
    /// The groups to be looked up.
    package var groupNames: Set<String> {
        Set(segments.compactMap(\.group)).union(settings.administrators)
    }

    /// The files to be looked up.
    package var keyFiles: Set<FilePath> { Set(segments.compactMap(\.keyFile)) }
}
