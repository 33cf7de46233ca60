import SegmentTestSupport
import SystemPackage

/// The inputs that lie in `Corpus/TARGET`, a file each.
enum Corpus {
    static func inputs(of target: FuzzTarget) throws -> [[UInt8]] {
        let folder = FilePath(#filePath).removingLastComponent().appending("Corpus")
            .appending(target.rawValue)
        return try fileNames(in: folder.string).map { try bytes(folder.appending($0)) }
    }

    private static func bytes(_ path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
        return Array(bytes[..<count])
    }
}
