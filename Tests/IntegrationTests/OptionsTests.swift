import SegmentTestSupport
import Testing

/// The command line of segmentd: each with its exit status, and with what it must say.
@Suite struct OptionsTests {
    @Test(arguments: [
        ("--help", 0, "Usage: segmentd [--config <dir>]"),
        ("--config /nowhere -h", 0, "Usage: segmentd [--config <dir>]"),
        ("--version", 0, "0."),
        ("--bogus", 64, "segmentd: unknown option '--bogus'\nUsage: "),
        ("--bogus=1", 64, "unknown option '--bogus=1'"),
        ("here", 64, "unexpected argument 'here'"),
        ("''", 64, "unexpected argument ''"),
        ("--config", 64, "missing value for '--config'"),
        ("--config=/" + String(repeating: "x", count: 4095), 64, "the value of '--config' is longer"),
        ("--socket=", 64, "missing value for '--socket'"),
        ("--state ''", 64, "missing value for '--state'"),
        ("'--a\u{1b}[31m'", 64, "unknown option '--a?[31m'"),
    ]) func `a command line is obeyed or refused`(_ line: String, _ status: Int32, _ said: String) throws {
        let result = try Programs.run("'\(Programs.path("segmentd"))' \(line)")
        #expect(result.status == status)
        #expect(result.output.contains(said), "\(result.output)")
    }

    @Test(arguments: [
        "--config CONFIG --socket=SOCKET --state STATE",
        "--state=a --state=STATE --config=CONFIG --socket SOCKET",
    ])
    func `a value follows its option or an equals sign, and the last counts`(_ line: String) throws {
        let directory = try DaemonFixture.makeDirectory()
        defer { _ = try? Programs.run("rm -r '\(directory)'") }
        try DaemonFixture.write("size = 0\n", to: "\(directory)/config/segments.d/a.toml")
        let options = line.replacing("CONFIG", with: "'\(directory)/config'")
            .replacing("SOCKET", with: "'\(directory)/socket'").replacing(
                "STATE",
                with: "'\(directory)/state'"
            )
        let result = try Programs.run("'\(Programs.path("segmentd"))' \(options)")
        // The configuration has been read where it was told.
        #expect(result.status == 8, "\(result.output)")
        #expect(result.output.contains("\(directory)/config/segments.d/a.toml"))
    }
}
