import Glibc
import SegmentModel
import SystemPackage

@testable import SegmentConfiguration

/// Configuration files in a temporary directory.
final class ConfigurationFixture {
    let directory: FilePath

    init() throws {
        var template = Array("/tmp/segmentd-configuration.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        directory = FilePath(
            String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        )
        mkdir(directory.appending("segments.d").string, 0o755)
    }

    deinit { system("rm -rf '\(directory)'") }

    @discardableResult
    func write(
        _ text: String,
        to file: String,
        mode: FilePermissions = .init(rawValue: 0o644)
    ) throws -> FilePath {
        let path = directory.appending(file)
        let descriptor = try FileDescriptor.open(
            path,
            .writeOnly,
            options: [.create, .truncate],
            permissions: mode
        )
        defer { try? descriptor.close() }
        try descriptor.writeAll(text.utf8)
        chmod(path.string, mode.rawValue)
        return path
    }

    func read(daemonUserID: UInt32 = geteuid()) throws -> Configuration {
        try ConfigurationReader(ConfigurationLocation(only: directory), daemonUserID: daemonUserID).read()
    }

    /// Returns the problems, with paths relative to the directory.
    func problems(daemonUserID: UInt32 = geteuid()) -> [String] {
        do {
            _ = try read(daemonUserID: daemonUserID)
            return []
        } catch let error as ConfigurationInvalid {
            return error.problems.map { $0.description.replacing("\(directory)/", with: "") }
        } catch {
            return ["\(error)"]
        }
    }
}
