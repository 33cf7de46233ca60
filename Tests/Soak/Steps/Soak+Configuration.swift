import Glibc
import Segments
import SegmentTestSupport

extension Soak {
    private static let mostDeclarations = 12

    func declareAnother() throws {
        let free = (0..<Self.mostDeclarations).filter { files["segment-\($0)"] == nil }
        guard let number = random.choose(free) else { return }
        let declaration = Declaration(number: number, using: &random)
        files["segment-\(number)"] = declaration
        try reload("segment-\(number)", "is declared with \(declaration)", count: "declarations")
    }

    func changeDeclaration() throws {
        guard let name = random.choose(files.keys.sorted()), let before = files[name] else { return }
        let declaration = before.changed(using: &random)
        files[name] = declaration
        try reload(name, "changes to \(declaration)", count: "changes")
    }

    func dropDeclaration() throws {
        guard let name = random.choose(files.keys.sorted()) else { return }
        files[name] = nil
        try reload(name, "is declared no more", count: "drops")
    }

    /// Reloads a configuration with an error, of which nothing may take effect, not even the correct parts.
    func reloadBadFile() throws {
        trace.record("a file is bad", count: "bad reloads")
        try DaemonFixture.write("size = 0\n", to: path("bad"))
        defer { unlink(path("bad")) }
        do throws(SegmentClientError) {
            _ = try administrator.reloadConfiguration()
        } catch {
            guard error.code == .configurationInvalid else { throw error }
            return
        }
        throw Surprise("a bad configuration is accepted")
    }

    /// Writes one file and reloads.
    private func reload(_ name: String, _ what: String, count: String) throws {
        trace.record("\(name) \(what)", count: count)
        if let declaration = files[name] {
            try DaemonFixture.write(declaration.text, to: path(name))
        } else {
            unlink(path(name))
        }
        try reload()
    }

    func reload() throws {
        _ = try administrator.reloadConfiguration()
        model.reload(files)
    }

    func path(_ name: String) -> String { "\(daemon.directory)/config/segments.d/\(name).toml" }
}
