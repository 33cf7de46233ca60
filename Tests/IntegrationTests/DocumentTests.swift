import SegmentTestSupport
import Testing

/// The documents at the top level against the tree.
@Suite struct DocumentTests {
    private static let documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md"]

    @Test(arguments: documents) func `links lead to files`(_ document: String) throws {
        for match in try text(document).matches(of: /\]\(([^):#]+)\)/) {
            let path = "\(CLibrary.sources)/\(match.1)"
            #expect(try Programs.run("test -e '\(path)'").status == 0, "\(match.1) is missing")
        }
    }

    @Test(arguments: documents) func `files that are named exist`(_ document: String) throws {
        let list = "find ./Sources ./Tests ./config ./Package.swift -type f"
        let files = try Programs.run("cd '\(CLibrary.sources)' && \(list)").output
        for match in try text(document).matches(of: /`([\w.+\/-]+\.(?:swift|varlink|toml))`/)
        where !match.1.hasPrefix("/") {
            #expect(files.contains("/\(match.1)\n"), "\(match.1) is missing")
        }
    }

    @Test func `README is short`() throws {
        #expect(try text("README.md").split(separator: "\n", omittingEmptySubsequences: false).count <= 121)
    }

    @Test func `the architecture names each target`() throws {
        let architecture = try text("ARCHITECTURE.md")
        let list = try #require(architecture.firstMatch(of: /```\n([^`]*)```/)).1
        let named = list.matches(of: /(?m)^(\w+(?:, \w+)*)\ {2}/).flatMap { $0.1.split(separator: ", ") }
        let folders = try Programs.run("ls '\(CLibrary.sources)/Sources'").output.split(separator: "\n")
        #expect(Set(named) == Set(folders).subtracting(["Examples", "Manual"]))
    }

    @Test(arguments: [
        ("CTOML", "SegmentConfiguration"), ("CSystemd", "Systemd"), ("ArgumentParser", "segmentctl"),
    ])
    func `one target imports it`(_ module: String, _ importer: String) throws {
        let importers = try Programs.run(
            "cd '\(CLibrary.sources)/Sources' && grep -rlE 'import \(module)$' --include=*.swift . | cut -d/ -f2 | sort -u"
        )
        #expect(importers.output == "\(importer)\n")
    }

    private func text(_ document: String) throws -> String {
        let result = try Programs.run("cat '\(CLibrary.sources)/\(document)'")
        try #require(result.status == 0)
        return result.output
    }
}
