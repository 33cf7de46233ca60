import SegmentTestSupport
import SystemPackage
import Testing

/// Replays inputs that fuzzing found worth keeping.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func `what once was found is withstood`(target: FuzzTarget) throws {
        let inputs = try Corpus.inputs(of: target)
        #expect(inputs.count > 3)
        for input in inputs { target.run(input) }
    }
}

/// The inputs in `Corpus/TARGET`, one per file.
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
