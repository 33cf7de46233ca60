import SegmentModel

extension DaemonSettings {
    /// Reads `segmentd.toml`; a setting that cannot be used keeps its default, and the reader notes the
    /// problem.
    init(_ reader: inout TOMLReader) {
        self.init()
        administrators =
            reader.strings("administrators", example: "administrators = [\"adm\"]") ?? administrators
        if administrators.contains("") {
            reader.note("administrators", "has an empty name", "name groups, or leave the key out")
        }
        if let word = reader.string("log_level", example: "log_level = \"info\"") {
            if let level = LogLevel(rawValue: word) {
                logLevel = level
            } else {
                let words = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
                reader.note("log_level", "`\(word)` is not a log level", "write one of \(words)")
            }
        }
        reader.table("limits", example: "[limits]")
        Self.count("limits.connections", 65...1_000_000, &limits.connections, &reader)
        Self.count("limits.connections_per_user", 1...1_000_000, &limits.connectionsPerUser, &reader)
        Self.count("limits.leases_per_user", 1...1_000_000_000, &limits.leasesPerUser, &reader)
        if let size = ByteCount(
            "limits.message",
            wanted: "a size",
            example: "message = \"1 MiB\"",
            &reader
        ) {
            if (1024...(1 << 30)).contains(size.bytes) {
                limits.message = size
            } else {
                reader.note(
                    "limits.message",
                    "\(size) is not from 1 KiB to 1 GiB",
                    "write `message = \"1 MiB\"`"
                )
            }
        }
    }

    private static func count(
        _ key: String,
        _ range: ClosedRange<Int>,
        _ setting: inout Int,
        _ reader: inout TOMLReader
    ) {
        guard let number = reader.integer(key, example: "\(key.dropFirst(7)) = \(setting)") else { return }
        if range.contains(number) {
            setting = number
        } else {
            reader.note(
                key,
                "\(number) is not from \(range.lowerBound) to \(range.upperBound)",
                "the default is \(setting)"
            )
        }
    }
}
