import SegmentTestSupport
import Testing

/// Compares the manual with the programs' help: both must have the same options and verbs.
@Suite struct ManualTests {
    @Test func `segmentctl(1) has each verb, and its options beside it`() throws {
        let page = try page("segmentctl.1")
        let general = try help("segmentctl --help")
        let verbs = general.verbs
        try #require(verbs.contains("list"))
        var known = general.options
        for option in general.options { #expect(page.contains("Fl -\(option)"), "--\(option) is missing") }
        for verb in verbs {
            let options = try help("segmentctl help \(verb)").options
            known.formUnion(options)
            let entry = try #require(self.entry(of: verb, in: page, among: verbs), "\(verb) is missing")
            for option in options.subtracting(general.options) {
                #expect(entry.contains("Fl -\(option)"), "--\(option) is missing at \(verb)")
            }
        }
        #expect(page.matches(of: /Fl -([a-z-]+)/).allSatisfy { known.contains(String($0.1)) })
        let help = try verbs.map { try self.help("segmentctl help \($0)").text }.joined() + general.text
        for word in page.matches(of: /\.It Cm (\w+)/).map(\.1) {
            #expect(help.contains(word), "there is no \(word)")
        }
    }

    @Test func `segmentd(8) has each option`() throws {
        let page = try page("segmentd.8")
        let options = try help("segmentd --help").options
        #expect(Set(page.matches(of: /Fl -([a-z-]+)/).map { String($0.1) }) == options)
    }

    @Test func `segmentd.toml(5) has each key of the example`() throws {
        let path = "\(Self.root)/config/segmentd.toml"
        let example = try Programs.run("cat '\(path)'").output
        let keys = example.matches(of: /(?m)^([a-z_]+) *=/).map { String($0.1) }
        #expect(try keysDescribed(in: "segmentd.toml.5") == keys)
    }

    @Test func `the examples of segments.d(5) use each key, and are valid`() throws {
        let directory = try DaemonFixture.makeDirectory()
        defer { _ = try? Programs.run("rm -r '\(directory)'") }
        var used: Set<String> = []
        let examples = try page("segments.d.5")
            .matches(of: /(?s)\.Pa ([a-z0-9]+\.toml) :.*?\.Bd[^\n]*\n(.*?)\.Ed/)
        for example in examples {
            let text = example.2.replacing("\\(dq", with: "\"")
            try DaemonFixture.write(String(text), to: "\(directory)/config/segments.d/\(example.1)")
            used.formUnion(text.matches(of: /(?m)^([a-z]+) *=/).map { String($0.1) })
        }
        #expect(examples.count == 4)
        #expect(used == Set(try keysDescribed(in: "segments.d.5")))
        let result = try Programs.run("'\(Programs.path("segmentctl"))' check '\(directory)/config'")
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `pages refer to existing pages`() throws {
        let pages = try Programs.run("ls '\(Self.root)/Sources/Manual'").output.split(separator: "\n")
        for name in pages {
            for match in try page(String(name)).matches(of: /\.Xr (segment[a-z.]*) (\d)/) {
                #expect(pages.contains("\(match.1).\(match.2)"), "\(name)")
            }
        }
    }

    @Test func `section 3 has a page for each function of segmentd.h, with its errors`() throws {
        let directory = try DaemonFixture.makeDirectory()
        defer { _ = try? Programs.run("rm -r '\(directory)'") }
        let header = "\(Self.root)/Sources/SegmentC/include/segmentd.h"
        let written = try Programs.run(
            "cd '\(Self.root)/Sources/Manual' && mkdir '\(directory)/man3' "
                + "&& ./functions.pl '\(header)' segmentd.8 '\(directory)/man3' && ls '\(directory)/man3'"
        )
        let declared = try Programs.run(
            "cc -E -P '\(header)' | grep -oE '\\bsegmentd_[a-z_]+\\(' | tr -d '('"
        )
        let functions = declared.output.split(separator: "\n")
        #expect(functions.contains("segmentd_attach"))
        #expect(
            Set(written.output.split(separator: "\n").map(String.init))
                == Set(functions.map { "\($0).3" } + ["libsegmentd.3"])
        )
        // A writer is refused what an attach is, too.
        let page = try Programs.run("cat '\(directory)/man3/segmentd_writer_open.3'").output
        #expect(page.contains(".It Dv SEGMENTD_ERROR_ACCESS_DENIED\n"))
        #expect(page.contains(".It Dv SEGMENTD_ERROR_SIDE_TAKEN\n"))
        #expect(!page.contains(".It Dv SEGMENTD_ERROR_FINISHED\n"))
    }

    private static let root = #filePath.replacing("/Tests/IntegrationTests/ManualTests.swift", with: "")

    private func page(_ name: String) throws -> String {
        let result = try Programs.run("cat '\(Self.root)/Sources/Manual/\(name)'")
        try #require(result.status == 0)
        return result.output
    }

    private func keysDescribed(in name: String) throws -> [String] {
        try page(name).matches(of: /\.It Ic (\w+)/).map { String($0.1) }
    }

    /// Returns the part of a page from one verb to the next.
    private func entry(of verb: String, in page: String, among verbs: [String]) -> Substring? {
        guard let start = page.firstRange(of: ".It Cm \(verb)") else { return nil }
        let rest = page[start.upperBound...]
        let end = verbs.compactMap { rest.firstRange(of: ".It Cm \($0)")?.lowerBound }.min()
        return rest[..<(end ?? rest.endIndex)]
    }

    private func help(_ command: String) throws -> Help {
        Help(text: try Programs.run("'\(Programs.directory)'/\(command)").output)
    }
}

/// A help text of argument-parser.
private struct Help {
    let text: String

    var options: Set<String> {
        Set(text.matches(of: /(?m)^  (?:-\w, )?--([a-z-]+)/).map { String($0.1) })
    }

    var verbs: [String] {
        guard let heading = text.firstRange(of: "SUBCOMMANDS:") else { return [] }
        let words = text[heading.upperBound...].matches(of: /(?m)^  (\w+)/)
        return words.map { String($0.1) }.filter { $0 != "See" }
    }
}
