package import SystemPackage
package import SystemVSharedMemory

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
