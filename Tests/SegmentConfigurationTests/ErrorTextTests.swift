import Glibc
import SegmentModel
import SystemPackage
import Testing

@testable import SegmentConfiguration

/// The text of each configuration error: file, line, key, problem and remedy.
@Suite struct ErrorTextTests {
    @Test(arguments: [
        ("size = 0", "a.toml:1: size 0 is not a size; write at least 1 byte, such as `size = \"16 MiB\"`"),
        ("size = -1", "a.toml:1: size -1 is not a size; write at least 1 byte, such as `size = \"16 MiB\"`"),
        ("", "a.toml: size is missing; write the size, such as `size = \"16 MiB\"`"),
        ("size = true", "a.toml:1: size is a boolean, not a size; write it as `size = \"16 MiB\"`"),
        (
            "size = \"16 MB\"",
            "a.toml:1: size `16 MB` is not a size; write bytes as an integer, or a string with B, KiB, MiB, GiB or TiB, such as `size = \"16 MiB\"`"
        ),
        (
            "size = \"99999999 TiB\"",
            "a.toml:1: size `99999999 TiB` is larger than any segment; write at most 9223372036854775807 bytes, such as `size = \"16 MiB\"`"
        ),
        (
            "size = \"99999999999999999999 B\"",
            "a.toml:1: size `99999999999999999999 B` is larger than any segment; write at most 9223372036854775807 bytes, such as `size = \"16 MiB\"`"
        ),
        ("size = 1\nsise = 2", "a.toml:2: sise is not a key that segmentd knows; did you mean `size`?"),
        (
            "size = 1\nmode = 660",
            "a.toml:2: mode is an integer, 660, not a string; write it as `mode = \"0660\"`"
        ),
        (
            "size = 1\nmode = 5",
            "a.toml:2: mode is an integer, 5, not a string; write it as `mode = \"0660\"`"
        ),
        (
            "size = 1\nmode = 432",
            "a.toml:2: mode is an integer, 432, not a string; write it as `mode = \"0660\"`"
        ),
        (
            "size = 1\nmode = \"0999\"",
            "a.toml:2: mode `0999` is not an octal mode up to 0777; write it as `mode = \"0660\"`"
        ),
        (
            "size = 1\nmode = \"0460\"",
            "a.toml:2: mode `0460` denies read or write to the owner, which is the broker; start it with 06 or 07, such as `mode = \"0660\"`"
        ),
        (
            "size = 1\nkeep = \"always\"",
            "a.toml:2: keep `always` is not a keep policy; write \"until-reboot\", \"until-stop\" or \"while-used\""
        ),
        (
            "size = 1\nlinger = \"3 s\"",
            "a.toml:2: linger has no effect with keep = \"until-reboot\"; write `keep = \"while-used\"`, or remove linger"
        ),
        (
            "size = 1\nkeep = \"while-used\"\nlinger = \"3 days\"",
            "a.toml:3: linger `3 days` is not a time; write a number with ms, s, min or h, such as `linger = \"30 s\"`"
        ),
        (
            "size = 1\nkeep = \"while-used\"\nlinger = \"99999999999 h\"",
            "a.toml:3: linger `99999999999 h` is too long; write at most 277777 h, such as `linger = \"30 s\"`"
        ),
        (
            "size = 1\nmode = \"+660\"",
            "a.toml:2: mode `+660` is not an octal mode up to 0777; write it as `mode = \"0660\"`"
        ),
        (
            "size = 1\ngroup = \"+3001\"",
            "a.toml:2: group `+3001` is neither the name of a group nor its number; write it as `getent group` shows it, such as `group = \"telemetry\"` or `group = \"3001\"`"
        ),
        (
            "size = 1\ngroup = \"4294967295\"",
            "a.toml:2: group `4294967295` is neither the name of a group nor its number; write it as `getent group` shows it, such as `group = \"telemetry\"` or `group = \"3001\"`"
        ),
        ("size = 1\ngroup = \"\"", "a.toml:2: group is empty; name a group, or leave the key out"),
        (
            "size = 1\n[key]\nproject = 0\npath = \"/x\"",
            "a.toml:3: key.project 0 is not from 1 to 255; write an integer from 1 to 255 or one ASCII character, such as `project = 65`"
        ),
        (
            "size = 1\n[key]\nproject = \"AB\"\npath = \"/x\"",
            "a.toml:3: key.project `AB` is not one ASCII character; write an integer from 1 to 255 or one ASCII character, such as `project = 65`"
        ),
        (
            "size = 1\n[key]\nproject = 66",
            "a.toml:3: key.project needs key.path; add the path that programs pass to ftok; the key of the segment's own file needs no project"
        ),
        (
            "size = 1\n[key]\npath = \"x\"",
            "a.toml:3: key.path `x` is not an absolute path; write the full path, starting with /"
        ),
        (
            "size = 1\n[key]\nvalue = 0",
            "a.toml:3: key.value 0 is IPC_PRIVATE, which identifies no segment; write another number"
        ),
        (
            "size = 1\n[key]\nvalue = 0x100000000",
            "a.toml:3: key.value 4294967296 does not fit in 32 bits; write a number up to 0xffffffff"
        ),
        (
            "size = 1\n[key]\nvalue = 7\npath = \"/x\"",
            "a.toml:4: key.path cannot be combined with key.value; keep one of them"
        ),
        ("size = 1\n[kay]\nvalue = 7", "a.toml:2: kay is not a key that segmentd knows; did you mean `key`?"),
    ])
    func `an error in a segment's file states problem and remedy`(
        text: String,
        problem: String
    ) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write(text, to: "segments.d/a.toml")
        #expect(fixture.problems() == ["segments.d/" + problem])
    }

    @Test(arguments: [
        (
            "log_level = \"loud\"",
            "segmentd.toml:1: log_level `loud` is not a log level; write one of trace, debug, info, notice, warning, error, critical"
        ),
        (
            "administrators = [\"adm\", \"\"]",
            "segmentd.toml:1: administrators has an empty name; name groups, or leave the key out"
        ),
        (
            "administrators = \"adm\"",
            "segmentd.toml:1: administrators is a string, not an array of strings; write it as `administrators = [\"adm\"]`"
        ),
        (
            "[limits]\nconnections = 1",
            "segmentd.toml:2: limits.connections 1 is not from 65 to 1000000; the default is 4096"
        ),
        (
            "[limits]\nmessage = \"1 B\"",
            "segmentd.toml:2: limits.message 1 B is not from 1 KiB to 1 GiB; write `message = \"1 MiB\"`"
        ),
        (
            "[limits]\nconections = 100",
            "segmentd.toml:2: limits.conections is not a key that segmentd knows; did you mean `connections`?"
        ),
        ("limits = 3", "segmentd.toml:1: limits is an integer, not a table; write it as `[limits]`"),
    ])
    func `an error in the daemon's file too`(text: String, problem: String) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write(text, to: "segmentd.toml")
        #expect(fixture.problems() == [problem])
    }

    @Test func `a file that is not TOML is refused, with the line`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\nmode = ", to: "segments.d/a.toml")
        let problem = try #require(fixture.problems().first)
        #expect(problem.hasPrefix("segments.d/a.toml:2: is not TOML"))
    }

    /// Inputs on which toml++ has assertions.
    @Test(arguments: ["[", "[[", "[\t ", "[[ "])
    func `an empty table header is refused with its line; brackets in strings and arrays are not`(
        head: String
    ) throws {
        let fixture = try ConfigurationFixture()
        let text = "# [=\nsize = 1\ndescription = \"\"\"\n\\\"\"\"\n[= \"\"\"\"\n"
        try fixture.write(text, to: "segments.d/a.toml")
        try fixture.write("administrators = [\n[\"]\",\n'['],]", to: "segmentd.toml")
        #expect(fixture.problems().count == 1, "an array of arrays is no array of strings")
        try fixture.write("\(text)\(head)= 1", to: "segments.d/a.toml")
        #expect(fixture.problems().contains { $0.isNotTOML("segments.d/a.toml", 6) })
    }

    @Test(arguments: ["[}", "[1, }", "[{a = 1}, # ]\n }", "{a = [\"[\", }]}"])
    func `a brace in an array too`(value: String) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\ngroup = \(value)", to: "segments.d/a.toml")
        let line = 2 + value.count { $0 == "\n" }
        #expect(fixture.problems().count == 1)
        #expect(fixture.problems().allSatisfy { $0.isNotTOML("segments.d/a.toml", line) })
    }

    @Test func `a file's name must be a segment's`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1", to: "segments.d/Bad Name.toml")
        #expect(
            fixture.problems() == [
                "segments.d/Bad Name.toml: `Bad Name` is not a segment's name; rename the file: 1 to 63 characters of a-z 0-9 . _ -, starting with a letter or digit"
            ]
        )
    }

    @Test func `two files may not claim one fixed key`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\n[key]\nvalue = 7", to: "segments.d/a.toml")
        try fixture.write("size = 1\n[key]\nvalue = 0x7", to: "segments.d/b.toml")
        try fixture.write("size = 1\n[key]\npath = \"/x/../y\"", to: "segments.d/c.toml")
        try fixture.write("size = 1\n[key]\npath = \"/y\"\nproject = \"A\"", to: "segments.d/d.toml")
        #expect(
            fixture.problems() == [
                "segments.d/b.toml: key claims the key of segment a (segments.d/a.toml); declare another path, project or value",
                "segments.d/d.toml: key claims the key of segment c (segments.d/c.toml); declare another path, project or value",
            ]
        )
    }

    @Test func `all errors of all files are reported together`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("log_level = 1\nx = 1", to: "segmentd.toml")
        try fixture.write("size = 0\nmode = \"9\"\nfoo = 1", to: "segments.d/a.toml")
        try fixture.write("", to: "segments.d/b.toml")
        #expect(fixture.problems().count == 6)
    }

    @Test func `only root and the daemon's user may be able to write the configuration`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1", to: "segments.d/a.toml", mode: .init(rawValue: 0o664))
        #expect(
            fixture.problems() == [
                "segments.d/a.toml: the file is writable by users other than its owner: its mode is 0664; `chmod go-w` it"
            ]
        )
        chmod(fixture.directory.appending("segments.d/a.toml").string, 0o644)
        chmod(fixture.directory.appending("segments.d").string, 0o777)
        #expect(
            fixture.problems() == [
                "segments.d: the directory is writable by users other than its owner: its mode is 0777; `chmod go-w` it"
            ]
        )
    }

    @Test(.enabled(if: geteuid() == 0)) func `a file of another user is refused`() throws {
        let fixture = try ConfigurationFixture()
        let path = try fixture.write("size = 1", to: "segments.d/a.toml")
        guard chown(path.string, 12345, 0) == 0 else { return }
        #expect(
            fixture.problems(daemonUserID: 990) == [
                "segments.d/a.toml: the file belongs to user 12345, who may write it; `chown` it to root or to user 990"
            ]
        )
        #expect(fixture.problems(daemonUserID: 12345).isEmpty)
    }

    @Test func `a file that is not regular, not text or too long is refused`() throws {
        let fixture = try ConfigurationFixture()
        mkdir(fixture.directory.appending("segments.d/a.toml").string, 0o755)
        try fixture.write(
            "description = \"\u{FFFF}\"\n" + String(repeating: "#", count: 1 << 20),
            to: "segments.d/b.toml"
        )
        #expect(
            fixture.problems() == [
                "segments.d/a.toml: is not a regular file; replace it with a file, or with a link to /dev/null to mask it",
                "segments.d/b.toml: is longer than 1 MiB; shorten it",
            ]
        )
    }

    @Test(arguments: [
        ("size = 1\nmode = 0660", "segments.d/a.toml:2: ", "; quote a mode: `mode = \"0660\"`"),
        ("size = 1\ngroup = 100", "segments.d/a.toml:2: ", "not a string; write it as `group = \"100\"`"),
        ("size = 1\n\0\n", "segments.d/a.toml:2: contains a NUL byte", "; remove it"),
    ])
    func `the remedy leads to a valid file`(_ text: String, _ start: String, _ remedy: String) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write(text, to: "segments.d/a.toml")
        let problems = fixture.problems()
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasPrefix(start) == true && problems.first?.hasSuffix(remedy) == true,
            "\(problems)"
        )
    }

    @Test func `an explicitly named directory must exist`() {
        let reader = ConfigurationReader(ConfigurationLocation(only: "/no/such/directory"), daemonUserID: 0)
        #expect(throws: ConfigurationInvalid.self) { try reader.read() }
    }
}

extension String {
    fileprivate func isNotTOML(_ file: String, _ line: Int) -> Bool {
        hasPrefix("\(file):\(line): is not TOML: ") && hasSuffix("; correct the line")
    }
}
