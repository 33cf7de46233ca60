import Glibc
import SegmentModel
import SystemPackage

/// Which files make up a configuration, and their text.
struct ConfigurationFiles {
    /// `segmentd.toml`, where there is one.
    private(set) var daemon: FilePath?
    /// Of `segments.d`, in order of name.
    private(set) var segments: [FilePath] = []
    private let daemonUserID: UInt32

    init(_ location: ConfigurationLocation, daemonUserID: UInt32, _ problems: inout [ConfigurationProblem]) {
        self.daemonUserID = daemonUserID
        var found: [String: FilePath] = [:]
        // From the overridden to the overriding, so that the last one found stays.
        for (index, directory) in location.directories.enumerated().reversed()
        where
            check(
                directory,
                isMissingAnError: index == 0 && location.mustExist,
                &problems
            )
        {
            let file = directory.appending("segmentd.toml")
            if unsafe access(file.string, F_OK) == 0 || isLink(file) { daemon = isMask(file) ? nil : file }
            let folder = directory.appending("segments.d")
            guard check(folder, isMissingAnError: false, &problems) else { continue }
            for name in names(folder) {
                let file = folder.appending(name)
                found[name] = isMask(file) ? nil : file
            }
        }
        segments = found.sorted { $0.key < $1.key }.map(\.value)
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
        guard unsafe fstat(descriptor, &file) == 0, file.st_mode & S_IFMT == S_IFREG else {
            problems.append(.notAFile(path))
            return nil
        }
        guard file.st_size <= 1 << 20 else {
            problems.append(.tooLong(path))
            return nil
        }
        if let problem = problem(path, file, kind: "file") {
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
    private func check(
        _ directory: FilePath,
        isMissingAnError: Bool,
        _ problems: inout [ConfigurationProblem]
    ) -> Bool {
        var file = stat()
        guard unsafe stat(directory.string, &file) == 0 else {
            if errno != ENOENT || isMissingAnError {
                problems.append(.unreadable(directory, Errno(rawValue: errno)))
            }
            return false
        }
        guard file.st_mode & S_IFMT == S_IFDIR else {
            problems.append(.notADirectory(directory))
            return false
        }
        if let problem = problem(directory, file, kind: "directory") {
            problems.append(problem)
            return false
        }
        return true
    }

    private func problem(_ path: FilePath, _ file: stat, kind: String) -> ConfigurationProblem? {
        if file.st_uid != 0, file.st_uid != daemonUserID {
            return .foreignOwner(path, kind: kind, owner: file.st_uid, daemonUserID: daemonUserID)
        }
        return file.st_mode & 0o022 == 0 ? nil : .writable(path, kind: kind, mode: file.st_mode & 0o7777)
    }

    private func isLink(_ path: FilePath) -> Bool {
        var file = stat()
        return unsafe lstat(path.string, &file) == 0 && file.st_mode & S_IFMT == S_IFLNK
    }

    /// A link to /dev/null hides the file of the same name in a directory further down.
    private func isMask(_ path: FilePath) -> Bool {
        guard isLink(path) else { return false }
        var target = [CChar](repeating: 0, count: 16)
        let count = unsafe readlink(path.string, &target, target.count)
        return count > 0
            && String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) == "/dev/null"
    }

    private func names(_ folder: FilePath) -> [String] {
        guard let stream = unsafe opendir(folder.string) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".toml"), !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}

extension ConfigurationProblem {
    fileprivate static func unreadable(_ path: FilePath, _ errno: Errno) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "cannot be read: \(errno)",
            remedy: "make it readable for the user that segmentd runs as"
        )
    }

    fileprivate static func notAFile(_ path: FilePath) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "is not a regular file",
            remedy: "replace it by a file, or by a link to /dev/null to mask it"
        )
    }

    fileprivate static func notADirectory(_ path: FilePath) -> ConfigurationProblem {
        ConfigurationProblem(file: path.string, message: "is not a directory", remedy: "make it a directory")
    }

    fileprivate static func tooLong(_ path: FilePath) -> ConfigurationProblem {
        ConfigurationProblem(file: path.string, message: "is longer than 1 MiB", remedy: "shorten it")
    }

    fileprivate static func notText(_ path: FilePath) -> ConfigurationProblem {
        ConfigurationProblem(file: path.string, message: "is not UTF-8 text", remedy: "save it as UTF-8")
    }

    fileprivate static func foreignOwner(
        _ path: FilePath,
        kind: String,
        owner: UInt32,
        daemonUserID: UInt32
    ) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "the \(kind) belongs to user \(owner), who may write it",
            remedy: daemonUserID == 0 ? "`chown root` it" : "`chown` it to root or to user \(daemonUserID)"
        )
    }

    fileprivate static func writable(_ path: FilePath, kind: String, mode: UInt32) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message:
                "the \(kind) may be written by others than its owner: its mode is 0\(String(mode, radix: 8))",
            remedy: "`chmod go-w` it"
        )
    }
}
