import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

/// The state of the daemon, the kernel, the records and the files at one moment.
struct Snapshot {
    var listed: [SegmentDescription]
    /// Without segments marked for removal.
    var kernel: [SegmentIdentifier: SegmentStatus]
    /// The text of each record, by segment name.
    var records: [String: String]
    var declared: Set<String>

    /// Retries while something changes during the reading: a `while-used` segment may be removed at any time.
    init(_ daemon: DaemonFixture) throws {
        let client = try daemon.client()
        repeat {
            listed = try client.segments()
            kernel = try LinuxKernel().allSegments().filter { !$0.value.isMarkedForRemoval }
            records = Self.texts("\(daemon.state)", ".record")
            declared = Set(Self.texts(daemon.segmentFiles, ".toml").keys)
        } while try client.segments().map(\.identifier) != listed.map(\.identifier)
    }

    var live: [SegmentDescription] { listed.filter { [.ready, .drifted, .draining].contains($0.state) } }

    func expectAgreement() throws {
        #expect(Set(live.compactMap(\.identifier)) == Set(kernel.keys))
        #expect(Set(live.compactMap(\.key)).count == kernel.count)
        #expect(Set(live.map(\.name.string)) == Set(records.keys))
        #expect(declared.isSubset(of: Set(listed.map(\.name.string))))
        for segment in live {
            let identifier = try #require(segment.identifier)
            #expect(kernel[identifier]?.key == segment.key)
            #expect(kernel[identifier]?.size == segment.size.bytes)
            #expect(kernel[identifier]?.mode == segment.mode)
            #expect(records[segment.name.string]?.contains("\nidentifier \(identifier)\n") == true)
            #expect(records[segment.name.string]?.hasSuffix("\nend\n") == true)
        }
    }

    /// Returns the files of a directory with a suffix, by their names without it.
    private static func texts(_ directory: String, _ suffix: String) -> [String: String] {
        var texts: [String: String] = [:]
        for name in fileNames(in: directory) {
            guard name.hasSuffix(suffix), let file = fopen("\(directory)/\(name)", "r") else { continue }
            defer { fclose(file) }
            var text = [UInt8](repeating: 0, count: 4096)
            let count = fread(&text, 1, text.count, file)
            texts[String(name.dropLast(suffix.count))] = String(decoding: text[..<count], as: UTF8.self)
        }
        return texts
    }
}
