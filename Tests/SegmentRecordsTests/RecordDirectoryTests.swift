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

    /// With the most former memory, in the longest numbers.
    private func longRecord(_ name: String, formerMemory count: Int32 = 58) throws -> SegmentRecord {
        var record = try record(name)
        record.formerMemory = (2..<count + 2).map { number in
            let identity = SegmentRecord.Identity(
                identifier: SegmentIdentifier(rawValue: .max - number),
                traits: SegmentRecord.Traits(
                    key: SegmentKey(rawValue: -1),
                    size: .max,
                    creatorUserID: .max,
                    creatorProcessID: .max
                )
            )
            return SegmentRecord.FormerMemory(identity, holdsName: true)
        }
        return record
    }

    private func withDirectory(inMemory: Bool = false, _ body: (FilePath) throws -> Void) throws {
        let parent = inMemory ? "/dev/shm" : "/var/tmp"
        var template = Array("\(parent)/segmentd-records.XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { system("rm -rf \(path)") }
        try body(FilePath(path).appending("state"))
    }

    @Test(arguments: [false, true]) func `records remain after the daemon has ended`(inMemory: Bool) throws {
        try withDirectory(inMemory: inMemory) { path in
            do {
                let records = try RecordDirectory(path)
                try records.write(try record("b", identifier: nil))
                try records.write(try record("b"))
                try records.write(try record("a"))
                try records.write(try record("c"))
                try records.remove(SegmentName("c"))
                try records.remove(SegmentName("never"))
            }
            let loaded = try RecordDirectory(path).load()
            #expect(loaded == LoadedRecords(records: [try record("a"), try record("b")]))
        }
    }

    @Test(arguments: [false, true]) func `in memory, a growing record is overwritten`(
        inMemory: Bool
    ) throws {
        try withDirectory(inMemory: inMemory) { path in
            let records = try RecordDirectory(path)
            #expect(records.isInMemory == inMemory)
            var last: ino_t = 0
            func isReplaced(by record: SegmentRecord) throws -> Bool {
                try records.write(record)
                #expect(try records.load() == LoadedRecords(records: [record]))
                let before = last
                var file = stat()
                #expect(stat(path.appending("a.record").string, &file) == 0)
                last = file.st_ino
                return last != before
            }
            #expect(try isReplaced(by: record("a", identifier: nil)))
            #expect(try isReplaced(by: record("a", identifier: 1)) == !inMemory)
            #expect(try isReplaced(by: record("a", identifier: 2)) == !inMemory)
            #expect(try isReplaced(by: record("a", identifier: 2_000_000)) == !inMemory)
            // The rest of a longer record would be read, too.
            #expect(try isReplaced(by: record("a", identifier: 1)))
            // It does not fit in a page.
            #expect(try isReplaced(by: longRecord("a")))
        }
    }

    @Test func `a write that a limit cuts short leaves the record as it was`() throws {
        try withDirectory(inMemory: true) { path in
            let records = try RecordDirectory(path)
            try records.write(record("a", identifier: 1))
            let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
            var limit = rlimit()
            getrlimit(resource, &limit)
            let usual = limit.rlim_cur
            let handler = signal(SIGXFSZ, SIG_IGN)
            limit.rlim_cur = rlim_t(try path.appending("a.record").stat().size + 3)
            setrlimit(resource, &limit)
            defer {
                limit.rlim_cur = usual
                setrlimit(resource, &limit)
                signal(SIGXFSZ, handler)
            }
            #expect(throws: RecordsError.self) { try records.write(record("a", identifier: 1_000_000)) }
            #expect(try records.load() == LoadedRecords(records: [record("a", identifier: 1)]))
        }
    }

    @Test func `a file with another link is replaced`() throws {
        try withDirectory(inMemory: true) { path in
            let records = try RecordDirectory(path)
            try records.write(record("a", identifier: nil))
            let (file, other) = (path.appending("a.record").string, path.appending("other").string)
            #expect(link(file, other) == 0)
            let size = try FilePath(other).stat().size
            try records.write(record("a"))
            #expect(try records.load() == LoadedRecords(records: [record("a")]))
            #expect(try FilePath(other).stat().size == size)
        }
    }

    @Test func `a FIFO in the place of the temporary file delays nothing`() throws {
        try withDirectory(inMemory: true) { path in
            let records = try RecordDirectory(path)
            mkfifo(path.appending(".new").string, 0o600)
            try records.write(record("a", identifier: 1_000_000))
            #expect(throws: RecordsError.self) { try records.write(record("a", identifier: 1)) }
            #expect(try records.load() == LoadedRecords(records: [record("a", identifier: 1_000_000)]))
        }
    }

    @Test func `an empty record is no record`() throws {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            let file = path.appending("a.record")
            try write("", to: file.string)
            #expect(try records.load() == LoadedRecords())
            #expect(throws: Errno.noSuchFileOrDirectory) { try file.stat() }
        }
    }

    private static let mayMount = system("unshare --mount mount -t tmpfs tmpfs /mnt 2>/dev/null") == 0

    @Test(.enabled(if: mayMount))
    func `without space in memory a record stays unchanged, and no new one is begun`() throws {
        try withDirectory(inMemory: true) { path in
            mkdir(path.string, 0o700)
            #expect(system("mount -t tmpfs -o mode=700,size=12k tmpfs '\(path)'") == 0)
            defer { umount(path.string) }
            let records = try RecordDirectory(path)
            try records.write(record("a", identifier: nil))
            try write(String(repeating: "x", count: 8192), to: path.appending("ballast").string)
            #expect(throws: RecordsError.self) { try records.write(record("b")) }
            #expect(throws: Errno.noSuchFileOrDirectory) { try path.appending("b.record").stat() }
            // It needs no more space than it has.
            try records.write(record("a"))
            #expect(throws: RecordsError.self) { try records.write(longRecord("a")) }
            #expect(try records.load() == LoadedRecords(records: [record("a")]))
        }
    }

    @Test func `nothing is written to a non-file under a record's name`() throws {
        try withDirectory(inMemory: true) { path in
            let records = try RecordDirectory(path)
            let file = path.appending("a.record").string
            let other = path.appending("other").string
            try write("precious", to: other)
            symlink(other, file)
            try records.write(record("a"))
            #expect(try records.load() == LoadedRecords(records: [record("a")]))
            #expect(try FilePath(other).stat().size == 8)
            unlink(file)
            // Opening a FIFO without a reader would block forever.
            mkfifo(file, 0o600)
            try records.write(record("a"))
            #expect(try records.load() == LoadedRecords(records: [record("a")]))
        }
    }

    @Test func `only one daemon at a time can lock the records`() throws {
        try withDirectory { path in
            let first = try RecordDirectory(path)
            #expect(throws: RecordDirectoryError.inUse(path: path.string)) { try RecordDirectory(path) }
            withExtendedLifetime(first) {}
        }
    }

    @Test func `an unusable record is set aside and kept`() throws {
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

    @Test func `a record that cannot be set aside does not stop the others`() throws {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            try records.write(try record("good"))
            try write("garbage", to: path.appending("bad.record").string)
            // A file cannot replace a directory.
            mkdir(path.appending("bad.set-aside").string, 0o700)
            let loaded = try records.load()
            #expect(loaded.records == [try record("good")])
            #expect(
                loaded.setAside == [RecordSetAside(file: "bad.record", movedTo: nil, defect: .damaged)]
            )
        }
    }

    @Test func `a record truncated at any byte or with any bit flipped is damaged or another record`() throws
    {
        let whole = try record("good").text
        for length in whole.utf8.indices.dropLast() where length != whole.startIndex {
            #expect(throws: RecordDefect.self) { try SegmentRecord(text: String(whole[..<length])) }
        }
        for index in whole.utf8.indices {
            for bit in 0..<7 {
                var bytes = Array(whole.utf8)
                bytes[whole.utf8.distance(from: whole.startIndex, to: index)] ^= 1 << bit
                // Parsed or refused, but never a trap.
                _ = try? SegmentRecord(text: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    @Test func `a record with much former memory is read completely; one too long to read is never written`()
        throws
    {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            let long = try longRecord("long")
            try records.write(long)
            #expect(try records.load() == LoadedRecords(records: [long]))
            var endless = long
            endless.group = SegmentRecord.Group(name: String(repeating: "x", count: 20_000), number: 1)
            #expect {
                try records.write(endless)
            } throws: {
                ($0 as? RecordsError)?.errno == .fileTooLarge
            }
            #expect(try records.load() == LoadedRecords(records: [long]))
            try write(String(repeating: "x", count: 20_000), to: path.appending("other.record").string)
            #expect(try records.load().setAside.map(\.file) == ["other.record"])
        }
    }

    @Test func `a record under another name, a link and a directory are rejected`() throws {
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

    @Test(.enabled(if: geteuid() == 0)) func `a record that cannot be read stops the start and stays`() throws
    {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            try records.write(try record("good"))
            try records.write(try record("secret"))
            for file in ["", "good.record"] { chown(path.appending(file).string, 54_321, 0) }
            chmod(path.appending("secret.record").string, 0o600)
            chmod(path.removingLastComponent().string, 0o755)
            seteuid(54_321)
            defer { seteuid(0) }
            #expect(throws: RecordsError.self) { try records.load() }
            #expect(access(path.appending("secret.set-aside").string, F_OK) != 0)
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `a record written by another user is rejected`() throws {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            try records.write(try record("forged"))
            chown(path.appending("forged.record").string, 54_321, 0)
            let loaded = try records.load()
            #expect(loaded.records.isEmpty)
            #expect(loaded.setAside.map(\.file) == ["forged.record"])
        }
    }

    @Test func `a file name that is not UTF-8 stays, and no other file is set aside for it`() throws {
        try withDirectory { path in
            let records = try RecordDirectory(path)
            try records.write(try record("good"))
            system("printf x > \(path)/a$(printf '\\377').record")
            system("printf x > \(path)/$(printf 'a\\357\\277\\275').record")
            let loaded = try records.load()
            #expect(loaded.records == [try record("good")])
            #expect(loaded.setAside.count == 2)
            #expect(loaded.setAside.count { $0.movedTo == nil } == 1)
        }
    }

    @Test(arguments: [0o701, 0o710, 0o750, 0o777, 0o755]) func `a directory that others may enter is refused`(
        mode: UInt32
    ) throws {
        try withDirectory { path in
            mkdir(path.string, 0o700)
            chmod(path.string, mode)
            #expect(throws: RecordDirectoryError.self) { try RecordDirectory(path) }
            var file = stat()
            stat(path.string, &file)
            #expect(file.st_mode & 0o7777 == mode, "it is not repaired silently")
            chmod(path.string, 0o700)
            _ = try RecordDirectory(path)
        }
    }

    @Test func `a link in the place of the directory is refused`() throws {
        try withDirectory { path in
            let other = path.removingLastComponent().appending("other")
            mkdir(other.string, 0o700)
            symlink(other.string, path.string)
            #expect(throws: RecordDirectoryError.self) { try RecordDirectory(path) }
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `a directory of another user is refused`() throws {
        try withDirectory { path in
            mkdir(path.string, 0o700)
            chown(path.string, 54_321, 0)
            #expect(throws: RecordDirectoryError.self) { try RecordDirectory(path) }
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
