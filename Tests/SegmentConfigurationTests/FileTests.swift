import Glibc
import SegmentModel
import SystemPackage
import Testing

@testable import SegmentConfiguration

/// Files and directories that cannot be listed or read, that others may write, or whose names are not
/// segments'.
@Suite struct FileTests {
    /// A user who is not root and has no account.
    private static let stranger: UInt32 = 54_321

    /// Reads as another user, as the daemon would.
    private func asStranger<Value>(_ body: () throws -> Value) rethrows -> Value {
        seteuid(Self.stranger)
        defer { seteuid(0) }
        return try body()
    }

    @Test(
        .enabled(if: geteuid() == 0),
        arguments: [
            ("segments.d", "segments.d"), ("segmentd.toml", "segmentd.toml"),
            ("segments.d/a.toml", "segments.d/a.toml"),
        ]
    )
    func `a file that cannot be listed or read is an error`(path: String, problem: String) throws {
        let fixture = try ConfigurationFixture()
        chmod(fixture.directory.string, 0o755)
        try fixture.write("size = 1", to: "segments.d/a.toml")
        try fixture.write("", to: "segmentd.toml")
        chmod(fixture.directory.appending(path).string, path == "segments.d" ? 0o711 : 0o600)
        #expect(
            asStranger { fixture.problems(daemonUserID: Self.stranger) } == [
                "\(problem): cannot be read: Permission denied; make it readable by the user that segmentd runs as"
            ]
        )
    }

    @Test(.enabled(if: geteuid() == 0)) func `a directory that can be listed but not entered is an error`()
        throws
    {
        let fixture = try ConfigurationFixture()
        chmod(fixture.directory.string, 0o744)
        #expect(
            asStranger { fixture.problems(daemonUserID: Self.stranger) }.contains {
                $0.hasPrefix("segmentd.toml: cannot be read")
            }
        )
        #expect(
            asStranger { fixture.problems(daemonUserID: Self.stranger) }.contains {
                $0.hasPrefix("segments.d: cannot be read")
            }
        )
    }

    @Test func `a dangling link is an error, whatever its name`() throws {
        let fixture = try ConfigurationFixture()
        symlink("nowhere", fixture.directory.appending("segmentd.toml").string)
        symlink("nowhere", fixture.directory.appending("segments.d/a.toml").string)
        symlink("b.toml", fixture.directory.appending("segments.d/b.toml").string)
        let missing =
            "cannot be read: No such file or directory; create it; if it is a link, create its target "
        #expect(
            Set(fixture.problems()) == [
                "segmentd.toml: \(missing)or remove the link",
                "segments.d/a.toml: \(missing)or remove the link",
                "segments.d/b.toml: cannot be read: Too many levels of symbolic links; fix its links, which "
                    + "form a loop",
            ]
        )
        rmdir(fixture.directory.appending("segments.d").string)
        unlink(fixture.directory.appending("segments.d/a.toml").string)
        system("rm -r '\(fixture.directory)/segments.d'")
        symlink("nowhere", fixture.directory.appending("segments.d").string)
        #expect(fixture.problems().contains { $0.hasPrefix("segments.d: cannot be read") })
    }

    @Test func `an invalid segment name is reported, and no other file is opened for it`() throws {
        let fixture = try ConfigurationFixture()
        // The result of decoding the bytes with repair.
        try fixture.write("size = 0", to: "segments.d/a\u{fffd}.toml")
        system("printf 'size = 1' > '\(fixture.directory)'/segments.d/a$(printf '\\377').toml")
        system("printf 'size = 1' > '\(fixture.directory)'/segments.d/b$(printf '\\033')[2J.toml")
        let remedy = "rename the file: 1 to 63 characters of a-z 0-9 . _ -, starting with a letter or digit"
        #expect(
            fixture.problems() == [
                "segments.d/a\u{fffd}.toml: `a\u{fffd}` is not a segment's name; \(remedy)",
                "segments.d/a\u{fffd}.toml: `a\u{fffd}` is not a segment's name; \(remedy)",
                "segments.d/b?[2J.toml: `b?[2J` is not a segment's name; \(remedy)",
            ]
        )
    }

    @Test(.enabled(if: geteuid() == 0)) func `parent directories that others may write are a warning`() throws
    {
        let fixture = try ConfigurationFixture()
        let inner = fixture.directory.appending("inner")
        system("mkdir -p '\(inner)'/etc/segments.d && chmod 0777 '\(inner)'")
        let location = ConfigurationLocation(only: inner.appending("etc"))
        var warnings: [String] {
            let read = try? ConfigurationReader(location, daemonUserID: 990).read()
            return read?.warnings.map { $0.description.replacing("\(fixture.directory)/", with: "") } ?? [
                "refused"
            ]
        }
        #expect(
            warnings == [
                "inner: the directory is writable by users other than its owner: its mode is 0777; `chmod go-w` it"
            ]
        )
        chmod(inner.string, 0o1777)
        #expect(warnings == [], "nobody renames another's entry in a sticky directory")
        chmod(inner.string, 0o755)
        chown(inner.string, Self.stranger, 0)
        #expect(
            warnings == [
                "inner: the directory belongs to user 54321, who may write it; `chown` it to root or to user 990"
            ]
        )
    }

    @Test(.enabled(if: geteuid() == 0)) func `directories on the way of a link are a warning too`()
        throws
    {
        let fixture = try ConfigurationFixture()
        system(
            """
            cd '\(fixture.directory)' && mkdir one two && chmod 0777 one two && echo 'size = 1' > two/file
            ln -s ../two/file one/link && ln -s ../one/link segments.d/a.toml
            """
        )
        let warnings = try fixture.read(daemonUserID: 990).warnings.map {
            $0.description.replacing("\(fixture.directory)/", with: "")
        }
        let text =
            "the directory is writable by users other than its owner: its mode is 0777; `chmod go-w` it"
        #expect(
            warnings.filter { !$0.contains(" mode ") || $0.contains("0777") } == [
                "one: \(text)", "two: \(text)",
            ]
        )
    }

    @Test(arguments: [(0o775 as UInt32, 4242 as UInt32?), (0o755, nil)])
    func `the user's private group may write, no other`(mode: UInt32, group: UInt32?) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1", to: "segments.d/a.toml", mode: .init(rawValue: mode & 0o664))
        for path in ["segments.d", "segments.d/a.toml"] {
            chown(fixture.directory.appending(path).string, geteuid(), group ?? getegid())
        }
        chmod(fixture.directory.appending("segments.d").string, mode)
        func read(_ privateGroup: UInt32?) throws {
            let writers = PermittedWriters(daemonUserID: geteuid()) { privateGroup }
            _ = try ConfigurationReader(ConfigurationLocation(only: fixture.directory), writers: writers)
                .read()
        }
        try read(group)
        guard group != nil else { return }
        #expect(throws: ConfigurationInvalid.self) { try read(nil) }
        #expect(throws: ConfigurationInvalid.self) { try read(4243) }
        chmod(fixture.directory.appending("segments.d").string, 0o777)
        #expect(throws: ConfigurationInvalid.self) { try read(group) }
    }
    @Test func `a private group does not count as the user if the file has an access control list`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1", to: "segments.d/a.toml", mode: .init(rawValue: 0o664))
        let file = fixture.directory.appending("segments.d/a.toml").string
        chown(file, geteuid(), 4242)
        // user::rw- user:64010:rw- group::rw- mask::rw- other::r--
        let list =
            "import os,struct;os.setxattr('\(file)','system.posix_acl_access',struct.pack('<I',2)"
            + "+b''.join(struct.pack('<HHI',*e) for e in [(1,6,2**32-1),(2,6,64010),(4,6,2**32-1),"
            + "(16,6,2**32-1),(32,4,2**32-1)]))"
        try #require(system("python3 -c \"\(list)\"") == 0)
        let writers = PermittedWriters(daemonUserID: geteuid()) { 4242 }
        #expect(throws: ConfigurationInvalid.self) {
            try ConfigurationReader(ConfigurationLocation(only: fixture.directory), writers: writers).read()
        }
    }
}
