import Glibc
import POSIX
import SystemPackage
import Testing

@Suite struct FilesTests {
    private let directory: FilePath

    init() throws {
        directory = FilePath("/tmp/segmentd-files-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        try directory.makeDirectory(.ownerReadWriteExecute)
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let file = try FileDescriptor.open(
            directory.appending(name),
            .writeOnly,
            options: [.create, .truncate],
            permissions: .ownerReadWrite
        )
        try file.writeAll(bytes)
        try file.close()
    }

    private func remove() { system("rm -r '\(directory)'") }

    @Test func `a file is read to its end, or to the limit`() throws {
        defer { remove() }
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        try write(bytes, to: "long")
        #expect(try directory.appending("long").contents() == bytes)
        #expect(try directory.appending("long").contents(atMost: 70_000) == Array(bytes[..<70_000]))
        #expect(try directory.appending("long").contents(atMost: 0) == [])
        try write([], to: "empty")
        #expect(try directory.appending("empty").contents() == [])
        #expect(throws: Errno.noSuchFileOrDirectory) { try directory.appending("none").contents() }
        #expect(throws: Errno.isDirectory) { try directory.contents() }
    }

    @Test func `a directory lists all entries, whatever their names, and which are surely files`() throws {
        defer { remove() }
        try write([], to: "a")
        try write([], to: "..b")
        symlink("a", directory.appending("link").string)
        try #require(open("\(directory)/x\u{1}", O_CREAT | O_WRONLY, 0o600) >= 0)
        let entries = try directory.entries().sorted { $0.name.lexicographicallyPrecedes($1.name) }
        #expect(entries.map { String(decoding: $0.name, as: UTF8.self) } == ["..b", "a", "link", "x\u{1}"])
        #expect(entries.map(\.isRegular) == [true, true, false, true])
        #expect(try Directory(directory).entries().count == 4)
        #expect(throws: Errno.notDirectory) { try directory.appending("a").entries() }
    }

    @Test func `an open directory stays the same when another takes its path`() throws {
        defer { remove() }
        let held = try Directory(directory)
        let moved = FilePath(directory.string + "-moved")
        try #require(rename(directory.string, moved.string) == 0)
        defer { system("rm -r '\(moved)'") }
        try directory.makeDirectory(.ownerReadWriteExecute)
        try held.open("new", .writeOnly, .create, permissions: .ownerReadWrite).close()
        try held.rename("new", to: "kept")
        #expect(try directory.entries().isEmpty)
        #expect(try moved.entries().map(\.name) == [Array("kept".utf8)])
        try held.unlink("kept")
        #expect(try moved.entries().isEmpty)
    }

    @Test func `a link is not opened as a directory or as a file in one`() throws {
        defer { remove() }
        symlink("/", directory.appending("root").string)
        #expect(throws: Errno.notDirectory) { _ = try Directory(directory.appending("root")) }
        let held = try Directory(directory)
        #expect(throws: Errno.tooManySymbolicLinkLevels) { _ = try held.open("root", .readOnly) }
        #expect(try directory.appending("root").linkTarget() == "/")
        #expect(throws: Errno.invalidArgument) { try directory.linkTarget() }
    }

    @Test func `only one process holds a lock`() throws {
        defer { remove() }
        let held = try Directory(directory)
        let first = try held.open("lock", .readWrite, .create, permissions: .ownerReadWrite)
        let second = try held.open("lock", .readWrite)
        #expect(first.tryLock())
        #expect(!second.tryLock())
        try first.close()
        #expect(second.tryLock())
        try second.close()
    }
}
