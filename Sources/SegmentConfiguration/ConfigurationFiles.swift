import POSIX
import SegmentModel
import SystemPackage

/// The files that make up a configuration, and their text.
///
/// Anything that cannot be listed or read is a problem; only ENOENT means that a file is absent.
struct ConfigurationFiles {
    /// `segmentd.toml`, if there is one.
    private(set) var daemon: FilePath?
    /// The files of `segments.d`, in order of name.
    private(set) var segments: [FilePath] = []
    /// The missing `segments.d` directories, the overriding one first.
    private(set) var missing: [FilePath] = []
    /// Warnings about parent directories that others may write.
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
        // Overridden directories first, so that the overriding one has the last word.
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
                // Removed since the directory was listed.
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

    /// Returns the text of a file that only root and the daemon's user may write; nil if there is a problem.
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
            if let end = bytes.firstIndex(of: 0) {
                problems.append(.nulByte(path, line: bytes[..<end].count { $0 == UInt8(ascii: "\n") } + 1))
                return nil
            }
            if let text = String(validating: bytes, as: UTF8.self) { return text }
            problems.append(.notText(path))
        } catch {
            problems.append(.unreadable(path, error as? Errno ?? .ioError))
        }
        return nil
    }

    /// Returns whether a directory exists and only root and the daemon's user may write it.
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

    /// The kind of a directory entry.
    private enum Entry { case file, mask, missing, unreadable }

    /// Classifies a path; a link to /dev/null masks the file of the same name in an overridden directory.
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
        /// The name as text that also distinguishes names that are not UTF-8.
        var bytes: String
        var isPlain: Bool

        /// Fails if the name is not a configuration file's.
        ///
        /// Works on bytes, since a name with repaired UTF-8 would be another file's. An entry that the
        /// directory lists as a regular file needs no check for a link.
        init?(_ entry: DirectoryEntry) {
            guard entry.name.suffix(5).elementsEqual(".toml".utf8), entry.name.first != UInt8(ascii: "."),
                let name = unsafe FilePath.Component(
                    platformString: entry.name.map(CChar.init(bitPattern:)) + [0]
                )
            else { return nil }
            self.name = name
            // One scalar per byte, after a scalar that no name contains.
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

    /// Returns whether a file's name is a segment's; files with other names are never opened.
    private static func isNamed(_ file: FilePath, _ problems: inout [ConfigurationProblem]) -> Bool {
        let stem = file.lastComponent?.stem ?? ""
        // Repaired UTF-8 contains a character that no segment name has.
        guard SegmentName(stem) == nil else { return true }
        problems.append(.notAName(file, stem))
        return false
    }
}
