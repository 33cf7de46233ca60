import Glibc
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
        let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            problems.append(.unreadable(path, Errno(rawValue: errno)))
            return nil
        }
        defer { close(descriptor) }
        var file = stat()
        guard unsafe fstat(descriptor, &file) == 0 else {
            problems.append(.unreadable(path, Errno(rawValue: errno)))
            return nil
        }
        guard file.st_mode & S_IFMT == S_IFREG else {
            problems.append(.notAFile(path))
            return nil
        }
        guard file.st_size <= 1 << 20 else {
            problems.append(.tooLong(path))
            return nil
        }
        if let problem = writers.problem(path, file, kind: "file") {
            problems.append(problem)
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(file.st_size) + 1)
        var length = 0
        while length < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { room in
                unsafe Glibc.read(
                    descriptor,
                    room.baseAddress.map { unsafe $0 + length },
                    room.count - length
                )
            }
            guard count >= 0 else {
                problems.append(.unreadable(path, Errno(rawValue: errno)))
                return nil
            }
            if count == 0 { break }
            length += count
        }
        guard !bytes[..<length].contains(0), let text = String(validating: bytes[..<length], as: UTF8.self)
        else {
            problems.append(.notText(path))
            return nil
        }
        return text
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
            var file = stat()
            guard unsafe stat(directory.string, &file) == 0 else {
                problems.append(.unreadable(directory, Errno(rawValue: errno)))
                return false
            }
            guard file.st_mode & S_IFMT == S_IFDIR else {
                problems.append(.notADirectory(directory))
                return false
            }
            guard let problem = writers.problem(directory, file, kind: "directory") else { return true }
            problems.append(problem)
        }
        return false
    }

    /// What stands under a path of a directory.
    private enum Entry { case file, mask, missing, unreadable }

    /// A link to /dev/null masks the file of the same name in a directory further down.
    private mutating func entry(_ path: FilePath, _ problems: inout [ConfigurationProblem]) -> Entry {
        do throws(Errno) {
            guard let file = try path.linkStatus() else { return .missing }
            guard file.st_mode & S_IFMT == S_IFLNK else { return .file }
            if try path.linkTarget() == "/dev/null" { return .mask }
            way.follow(path)
            return .file
        } catch {
            problems.append(.unreadable(path, error))
            return .unreadable
        }
    }

    private struct ListedName {
        var name: FilePath.Component
        /// A scalar for each byte, so that two names that are not UTF-8 stay two.
        var bytes: String
        var isPlain: Bool

        init(_ name: FilePath.Component, _ bytes: [CChar], _ type: UInt8) {
            self.name = name
            self.bytes = String(
                String.UnicodeScalarView(bytes.map { Unicode.Scalar(UInt8(bitPattern: $0)) })
            )
            isPlain = Int32(type) == Int32(DT_REG)
        }
    }

    /// As the bytes of the directory say: a name that were repaired would be another file's.
    ///
    /// What the directory already says is a regular file is no link.
    private func names(
        _ folder: FilePath,
        _ problems: inout [ConfigurationProblem]
    ) -> [ListedName] {
        guard let stream = unsafe opendir(folder.string) else {
            problems.append(.unreadable(folder, Errno(rawValue: errno)))
            return []
        }
        defer { unsafe closedir(stream) }
        var names: [ListedName] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe bytes.prefix { $0 != 0 }.map(CChar.init(bitPattern:))
            }
            if let component = FilePath.Component(platformString: name + [0]),
                name.suffix(5).elementsEqual(".toml".utf8CString.dropLast()),
                name.first != CChar(bitPattern: UInt8(ascii: "."))
            {
                unsafe names.append(ListedName(component, name, entry.pointee.d_type))
            }
            errno = 0
        }
        if errno != 0 { problems.append(.unreadable(folder, Errno(rawValue: errno))) }
        return names
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
