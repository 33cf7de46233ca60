import Glibc
import SegmentModel
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentRecords

@Suite struct RecordDirectoryTests {
    private func record(_ name: String, identifier: Int32? = 1) throws -> SegmentRecord {
        SegmentRecord(
            name: try #require(SegmentName(name)),
            key: SegmentKey(rawValue: 42),
            size: 4096,
            creatorUserID: 990,
            identifier: identifier.map(SegmentIdentifier.init(rawValue:))
        )
    }

    private func withDirectory(_ body: (FilePath) throws -> Void) throws {
        var template = Array("/tmp/segmentd-records.XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { system("rm -rf \(path)") }
        try body(FilePath(path).appending("state"))
    }

    @Test func `records are there after the daemon is gone`() throws {
        try withDirectory { path in
            do {
                let records = try RecordDirectory(path)
                try records.write(try record("b", identifier: nil))
                try records.write(try record("b"))
                try records.write(try record("a"))
                try records.write(try record("c"))
                try records.remove(try #require(SegmentName("c")))
                try records.remove(try #require(SegmentName("never")))
            }
            let loaded = try RecordDirectory(path).load()
            #expect(loaded == LoadedRecords(records: [try record("a"), try record("b")]))
        }
    }

    @Test func `only one daemon at a time has the records`() throws {
        try withDirectory { path in
            let first = try RecordDirectory(path)
            #expect(throws: RecordDirectoryError.inUse(path: path.string)) { try RecordDirectory(path) }
            withExtendedLifetime(first) {}
        }
    }

    @Test func `what cannot be used is set aside, and kept`() throws {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            try records.write(try record("good"))
            let file = path.appending("bad.record").string
            for (text, defect) in [
                ("garbage", RecordDefect.damaged), ("segmentd-record 9\n", .unknownFormat("9")),
            ] {
                try write(text, to: file)
                let loaded = try records.load()
                #expect(loaded.records == [try record("good")])
                #expect(
                    loaded.setAside
                        == [RecordSetAside(file: "bad.record", movedTo: "bad.set-aside", defect: defect)]
                )
                #expect(access(path.appending("bad.set-aside").string, F_OK) == 0)
                #expect(access(file, F_OK) != 0)
            }
        }
    }

    @Test func `what cannot be set aside either does not stop the others`() throws {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            try records.write(try record("good"))
            try write("garbage", to: path.appending("bad.record").string)
            // A file cannot take a directory's name.
            mkdir(path.appending("bad.set-aside").string, 0o700)
            let loaded = try records.load()
            #expect(loaded.records == [try record("good")])
            #expect(
                loaded.setAside == [RecordSetAside(file: "bad.record", movedTo: nil, defect: .damaged)]
            )
        }
    }

    @Test func `a record cut off at any byte, or with any bit turned, is damaged or another record`() throws {
        let whole = try record("good").text
        for length in whole.utf8.indices.dropLast() where length != whole.startIndex {
            #expect(throws: RecordDefect.self) { try SegmentRecord(text: String(whole[..<length])) }
        }
        for index in whole.utf8.indices {
            for bit in 0..<7 {
                var bytes = Array(whole.utf8)
                bytes[whole.utf8.distance(from: whole.startIndex, to: index)] ^= 1 << bit
                // Read or refused, but never a trap.
                _ = try? SegmentRecord(text: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    @Test func `a record under another's name, a link and a directory are not believed`() throws {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            try records.write(try record("good"))
            rename(path.appending("good.record").string, path.appending("other.record").string)
            symlink("/etc/passwd", path.appending("link.record").string)
            mkdir(path.appending("directory.record").string, 0o700)
            let loaded = try records.load()
            #expect(loaded.records.isEmpty)
            #expect(
                loaded.setAside.map(\.file).sorted() == ["directory.record", "link.record", "other.record"]
            )
        }
    }

    private func write(_ text: String, to path: String) throws {
        let file = try FileDescriptor.open(
            FilePath(path),
            .writeOnly,
            options: [.create, .truncate],
            permissions: .ownerReadWrite
        )
        defer { try? file.close() }
        try file.writeAll(text.utf8)
    }
}
