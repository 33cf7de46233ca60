import Glibc
import SystemPackage

/// The inputs that lie in `Corpus/TARGET`, a file each.
enum Corpus {
    static func inputs(of target: FuzzTarget) throws -> [[UInt8]] {
        let folder = FilePath(#filePath).removingLastComponent().appending("Corpus")
            .appending(target.rawValue)
        return try names(folder).map { try bytes(folder.appending($0)) }
    }

    private static func names(_ folder: FilePath) throws -> [String] {
        guard let stream = opendir(folder.string) else { throw Errno(rawValue: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func bytes(_ path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
        return Array(bytes[..<count])
    }
}
