import Glibc
import SegmentModel
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentConfiguration

@Suite struct ConfigurationTests {
    @Test func `defaults are those of the manual`() throws {
        let fixture = try ConfigurationFixture()
        let path = try fixture.write("size = 4096", to: "segments.d/a.toml")
        let configuration = try fixture.read()
        #expect(configuration.settings == DaemonSettings())
        let segment = try #require(configuration.segments.first)
        #expect(segment.name.string == "a")
        #expect(segment.size.bytes == 4096)
        #expect(segment.group == nil)
        #expect(segment.mode.rawValue == 0o660)
        #expect(segment.keep == .untilReboot)
        #expect(segment.key == .ownFile)
        #expect(segment.file == path)
    }

    @Test func `every key is read`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write(
            """
            administrators = ["adm", "wheel"]
            log_level = "debug"
            [limits]
            connections = 100
            connections_per_user = 10
            leases_per_user = 20
            message = "64 KiB"
            """,
            to: "segmentd.toml"
        )
        try fixture.write(
            """
            description = "d"
            size = "16 MiB"
            group = "telemetry"
            mode = "0664"
            keep = "while-used"
            linger = "30 s"
            [key]
            path = "/srv/shmfile"
            project = "B"
            """,
            to: "segments.d/a.toml"
        )
        try fixture.write(
            "size = 1\nkeep = \"until-stop\"\n[key]\nvalue = 0xfffffff0",
            to: "segments.d/b.toml"
        )
        let configuration = try fixture.read()
        #expect(configuration.settings.administrators == ["adm", "wheel"])
        #expect(configuration.settings.logLevel == .debug)
        #expect(configuration.settings.limits.connections == 100)
        #expect(configuration.settings.limits.connectionsPerUser == 10)
        #expect(configuration.settings.limits.leasesPerUser == 20)
        #expect(configuration.settings.limits.message.bytes == 65536)
        let (a, b) = (configuration.segments[0], configuration.segments[1])
        #expect(a.summary == "d")
        #expect(a.size.bytes == 16 << 20)
        #expect(a.group == "telemetry")
        #expect(a.mode.rawValue == 0o664)
        #expect(a.keep == .whileUsed(linger: .seconds(30)))
        #expect(a.key == .path("/srv/shmfile", project: 66))
        #expect(b.keep == .untilStop)
        #expect(b.key == .value(SegmentKey(rawValue: -16)))
    }

    @Test(arguments: [("0 ms", 0), ("1500ms", 1500), ("2 s", 2000), ("3 min", 180_000), ("1 h", 3_600_000)])
    func `a linger has a unit`(text: String, milliseconds: Int) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\nkeep = \"while-used\"\nlinger = \"\(text)\"", to: "segments.d/a.toml")
        #expect(try fixture.read().segments[0].keep == .whileUsed(linger: .milliseconds(milliseconds)))
    }

    @Test func `only toml files without a leading dot are read`() throws {
        let fixture = try ConfigurationFixture()
        for file in ["a.toml~", ".b.toml", "c.toml.dpkg-old", "README"] {
            try fixture.write("not toml at all", to: "segments.d/\(file)")
        }
        #expect(try fixture.read().segments.isEmpty)
    }

    @Test func `files of the overriding directory win, and a link to dev null masks a file`() throws {
        let (above, below) = (try ConfigurationFixture(), try ConfigurationFixture())
        try below.write("size = 1", to: "segments.d/a.toml")
        try below.write("size = 1", to: "segments.d/b.toml")
        try below.write("size = 1", to: "segments.d/c.toml")
        try below.write("log_level = \"debug\"", to: "segmentd.toml")
        try above.write("size = 2", to: "segments.d/a.toml")
        symlink("/dev/null", above.directory.appending("segments.d/b.toml").string)
        var location = ConfigurationLocation(system: above.directory)
        location.directories[1] = below.directory
        let configuration = try ConfigurationReader(location, daemonUserID: geteuid()).read()
        #expect(configuration.segments.map(\.name.string) == ["a", "c"])
        #expect(configuration.segments.map(\.size.bytes) == [2, 1])
        #expect(configuration.settings.logLevel == .debug)
        #expect(configuration.directory == above.directory.string)
    }

    @Test(arguments: [
        ("mode = \"0666\"\ngroup = \"g\"", ["lets everyone write"]),
        ("mode = \"0770\"\ngroup = \"g\"", ["has x bits, which have no meaning for memory"]),
        ("mode = \"0640\"\ngroup = \"g\"", ["lets only root and the broker write"]),
        (
            "mode = \"0660\"",
            [
                "lets only root and the broker write: no group is named, and the daemon's own should have no members"
            ]
        ),
        ("mode = \"0664\"\ngroup = \"g\"", []),
    ])
    func `legal but doubtful settings are warnings`(text: String, warnings: [String]) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\n" + text, to: "segments.d/a.toml")
        #expect(try fixture.read().warnings.map(\.message) == warnings)
    }

    @Test func `the example configuration has no errors`() throws {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let fixture = try ConfigurationFixture()
        system("cp -r '\(root)/config/.' '\(fixture.directory)' && chmod -R go-w '\(fixture.directory)'")
        #expect(fixture.problems() == [])
        #expect(try fixture.read().segments.count == 4)
    }

    @Test func `a reader that reads again sees what has changed`() throws {
        let fixture = try ConfigurationFixture()
        let reader = ConfigurationReader(
            ConfigurationLocation(only: fixture.directory),
            daemonUserID: geteuid()
        )
        try fixture.write("size = 1", to: "segments.d/a.toml")
        try fixture.write("size = 2", to: "segments.d/b.toml")
        #expect(try reader.read().segments.map(\.size.bytes) == [1, 2])
        try fixture.write("size = 3", to: "segments.d/b.toml")
        #expect(try reader.read().segments.map(\.size.bytes) == [1, 3])
        try fixture.write("size = 0", to: "segments.d/a.toml")
        for _ in 0..<2 { #expect(throws: ConfigurationInvalid.self) { try reader.read() } }
        try fixture.write("size = 1", to: "segments.d/a.toml")
        unlink(fixture.directory.appending("segments.d/b.toml").string)
        #expect(try reader.read().segments.map(\.size.bytes) == [1])
        try fixture.write("size = 2", to: "segments.d/c.toml")
        #expect(try reader.read().segments.map(\.name.string) == ["a", "c"])
    }
}
