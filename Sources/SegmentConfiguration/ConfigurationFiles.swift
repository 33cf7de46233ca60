import POSIX
import SegmentModel
import SystemPackage

/// Which files make up a configuration, and their text.
///
/// Whatever cannot be listed or read is a problem: only ENOENT means that nothing is there.
struct ConfigurationFiles {
    /// `segmentd.toml`, where there is one.
    private(set) var daemon: FilePath?
    /// Of `segments.d`, in order of name.
    private(set) var segments: [FilePath] = []
    /// The `segments.d` that are not there, the overriding one first.
    private(set) var missing: [FilePath] = []
    /// Directories on the way that others may write.
    private(set) var warnings: [ConfigurationProblem] = []
    private let writers: PermittedWriters
    private var way = DirectoryWay()

    init(
        _ location: ConfigurationLocation,
        writers: PermittedWriters,
        _ problems: inout [ConfigurationProblem]
    ) {
        self.writers = writers
        var found: [String: FilePath] = [:]
        // From the overridden to the overriding, so that the last one found stays.
        for (index, directory) in location.directories.enumerated().reversed() {
            let folder = directory.appending("segments.d")
            let mustExist = index == 0 && location.mustExist
            way.follow(directory)
            guard check(directory, mustExist: mustExist, &problems) else {
                missing.insert(folder, at: 0)
                continue
            }
            let file = directory.appending("segmentd.toml")
            switch entry(file, &problems) {
            case .file: daemon = file
            case .mask: daemon = nil
            case .missing, .unreadable: break
            }
            guard check(folder, mustExist: false, &problems) else {
                missing.insert(folder, at: 0)
                continue
            }
            for listed in names(folder, &problems) {
                let file = folder.appending(listed.name)
                switch listed.isPlain ? .file : entry(file, &problems) {
                case .file: found[listed.bytes] = file
                case .mask: found[listed.bytes] = nil
                // Gone since the directory was listed.
                case .missing: problems.append(.unreadable(file, .noSuchFileOrDirectory))
                case .unreadable: break
                }
            }
        }
        segments = found.sorted { $0.key < $1.key }.map(\.value)
            .filter { Self.isNamed($0, &problems) }
        warnings = way.directories.compactMap {
            writers.problem($0.path, $0.status, kind: $0.kind, isOnTheWay: true)
        }
    }

    /// The text of a file that only root and the daemon's user may write.
    func read(_ path: FilePath, _ problems: inout [ConfigurationProblem]) -> String? {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
            defer { try? file.close() }
            let status = try file.stat()
            let problem: ConfigurationProblem? =
                if status.type != .regular {
                    .notAFile(path)
                } else if status.size > 1 << 20 {
                    .tooLong(path)
                } else {
                    writers.problem(path, status, kind: "file")
                }
            if let problem {
                problems.append(problem)
                return nil
            }
            let bytes = try file.contents(atMost: Int(status.size) + 1)
            if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) { return text }
            problems.append(.notText(path))
        } catch {
            problems.append(.unreadable(path, error as? Errno ?? .ioError))
        }
        return nil
    }

    /// Whether a directory is there and only root and the daemon's user may write it.
    private mutating func check(
        _ directory: FilePath,
        mustExist: Bool,
        _ problems: inout [ConfigurationProblem]
    ) -> Bool {
        switch entry(directory, &problems) {
        case .missing where mustExist: problems.append(.unreadable(directory, .noSuchFileOrDirectory))
        case .missing, .unreadable: break
        case .file, .mask:
            do throws(Errno) {
                let status = try directory.stat()
                guard status.type == .directory else {
                    problems.append(.notADirectory(directory))
                    return false
                }
                guard let problem = writers.problem(directory, status, kind: "directory") else { return true }
                problems.append(problem)
            } catch {
                problems.append(.unreadable(directory, error))
            }
        }
        return false
    }

    /// What stands under a path of a directory.
    private enum Entry { case file, mask, missing, unreadable }

    /// A link to /dev/null masks the file of the same name in a directory further down.
    private mutating func entry(_ path: FilePath, _ problems: inout [ConfigurationProblem]) -> Entry {
        do throws(Errno) {
            guard try path.stat(followTargetSymlink: false).type == .symbolicLink else { return .file }
            if try path.linkTarget() == "/dev/null" { return .mask }
            way.follow(path)
            return .file
        } catch .noSuchFileOrDirectory {
            return .missing
        } catch {
            problems.append(.unreadable(path, error))
            return .unreadable
        }
    }

    private struct ListedName {
        var name: FilePath.Component
        /// Of two names that are not UTF-8, each has one of its own.
        var bytes: String
        var isPlain: Bool

        /// Nil where it is no configuration's.
        ///
        /// As the bytes of the directory say: a name that were repaired would be another file's. What the directory
        /// already says is a regular file is no link.
        init?(_ entry: DirectoryEntry) {
            guard entry.name.suffix(5).elementsEqual(".toml".utf8), entry.name.first != UInt8(ascii: "."),
                let name = unsafe FilePath.Component(
                    platformString: entry.name.map(CChar.init(bitPattern:)) + [0]
                )
            else { return nil }
            self.name = name
            // A scalar for each byte, behind one that no name has.
            bytes =
                String(validating: entry.name, as: UTF8.self)
                ?? "\0" + String(String.UnicodeScalarView(entry.name.map { Unicode.Scalar($0) }))
            isPlain = entry.isRegular
        }
    }

    private func names(_ folder: FilePath, _ problems: inout [ConfigurationProblem]) -> [ListedName] {
        do throws(Errno) { return try folder.entries().compactMap(ListedName.init) } catch {
            problems.append(.unreadable(folder, error))
            return []
        }
    }

    /// Whether a file may declare a segment; one that is named otherwise is never opened.
    private static func isNamed(_ file: FilePath, _ problems: inout [ConfigurationProblem]) -> Bool {
        let stem = file.lastComponent?.stem ?? ""
        // What is repaired has a character that no name has.
        guard SegmentName(stem) == nil else { return true }
        problems.append(.notAName(file, stem))
        return false
    }
}
