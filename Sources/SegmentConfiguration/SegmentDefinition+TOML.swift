import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension SegmentDefinition {
    /// Reads `segments.d/NAME.toml`; fails if it cannot be used, and the reader notes why.
    init?(_ path: FilePath, _ reader: inout TOMLReader) {
        let stem = path.lastComponent?.stem ?? ""
        let name = SegmentName(stem)
        if name == nil {
            reader.note(.notAName(path, stem))
        }
        let summary = reader.string("description", example: "description = \"Sensor readings\"")
        let size = Self.size(&reader)
        let group = Self.group(&reader)
        let mode = Self.mode(&reader)
        let keep = Self.keep(&reader)
        let key = KeyDeclaration(&reader)
        guard let name, let size, let mode, let keep, let key else { return nil }
        self.init(
            name: name,
            summary: summary,
            size: size,
            group: group,
            mode: mode,
            keep: keep,
            key: key,
            file: path
        )
    }

    private static func group(_ reader: inout TOMLReader) -> String? {
        let scalar = reader.scalar("group", wanted: "a string", example: "group = \"telemetry\"")
        guard case .string(let group) = scalar else {
            if case .integer(let number) = scalar {
                reader.note("group", "is an integer, not a string", "write it as `group = \"\(number)\"`")
            }
            return nil
        }
        if group.isEmpty {
            reader.note("group", "is empty", "name a group, or leave the key out")
        } else if group.hasPrefix("+") || group.hasPrefix("-") || UInt32(group) == .max {
            reader.note(
                "group",
                "`\(group)` is neither the name of a group nor its number",
                "write it as `getent group` shows it, such as `group = \"telemetry\"` or `group = \"3001\"`"
            )
        }
        return group
    }

    private static func size(_ reader: inout TOMLReader) -> ByteCount? {
        let example = "size = \"16 MiB\""
        guard reader.has("size") else {
            _ = reader.scalar("size", wanted: "", example: example)
            if reader.isReadable { reader.note("size", "is missing", "write the size, such as `\(example)`") }
            return nil
        }
        return ByteCount("size", wanted: "a size", example: example, &reader)
    }

    private static func mode(_ reader: inout TOMLReader) -> FilePermissions? {
        guard let scalar = reader.scalar("mode", wanted: "a string", example: "mode = \"0660\"") else {
            return reader.has("mode") ? nil : FilePermissions(rawValue: 0o660)
        }
        switch scalar {
        case .integer(let integer):
            // TOML does not keep the base of an integer: assume the one that yields a valid mode.
            let digits = String(integer)
            let isOctal = CModeT(digits, radix: 8).map { (0o600...0o777).contains($0) } ?? false
            let octal = isOctal ? digits : String(integer, radix: 8)
            let isMode = CModeT(octal, radix: 8).map { (0o600...0o777).contains($0) } ?? false
            let text = isMode ? "0" + octal : "0660"
            reader.note("mode", "is an integer, \(integer), not a string", "write it as `mode = \"\(text)\"`")
            return nil
        case .string(let text):
            guard text.first != "+", let bits = CModeT(text, radix: 8), (1...4).contains(text.count),
                bits <= 0o777
            else {
                reader.note(
                    "mode",
                    "`\(text)` is not an octal mode up to 0777",
                    "write it as `mode = \"0660\"`"
                )
                return nil
            }
            guard bits >> 6 >= 6 else {
                reader.note(
                    "mode",
                    "`\(text)` denies read or write to the owner, which is the broker",
                    "start it with 06 or 07, such as `mode = \"06\(text.suffix(2))\"`"
                )
                return nil
            }
            return FilePermissions(rawValue: bits)
        }
    }

    private static func keep(_ reader: inout TOMLReader) -> KeepDeclaration? {
        let word = reader.string("keep", example: "keep = \"until-reboot\"")
        let linger = Duration("linger", &reader)
        let hasLinger = reader.has("linger")
        switch word {
        case "while-used":
            return hasLinger && linger == nil ? nil : .whileUsed(linger: linger ?? .zero)
        case nil, "until-reboot", "until-stop":
            if word == nil, reader.has("keep") { return nil }
            if hasLinger {
                reader.note(
                    "linger",
                    "has no effect with keep = \"\(word ?? "until-reboot")\"",
                    "write `keep = \"while-used\"`, or remove linger"
                )
                return nil
            }
            return word == "until-stop" ? .untilStop : .untilReboot
        case let other?:
            reader.note(
                "keep",
                "`\(other)` is not a keep policy",
                "write \"until-reboot\", \"until-stop\" or \"while-used\""
            )
            return nil
        }
    }
}

extension SegmentDefinition {
    /// Warnings about settings that are legal but probably mistakes.
    var warnings: [ConfigurationProblem] {
        let bits = mode.rawValue
        var warnings: [ConfigurationProblem] = []
        if bits & 0o002 != 0 {
            warnings.append(
                warning("mode", "lets everyone write", "remove w for others unless that is intended")
            )
        }
        if bits & 0o111 != 0 {
            warnings.append(
                warning(
                    "mode",
                    "has x bits, which have no meaning for memory",
                    "only programs that ask for mode 0777 need them"
                )
            )
        }
        if bits & 0o002 == 0, bits & 0o020 == 0 || group == nil {
            warnings.append(
                warning(
                    "mode",
                    "lets only root and the broker write"
                        + (group == nil
                            ? ": no group is named, and the daemon's own should have no members" : ""),
                    "name a group and give it w, such as `group = \"telemetry\"` and `mode = \"0660\"`"
                )
            )
        }
        if case .whileUsed = keep, key != .ownFile {
            warnings.append(
                warning(
                    "keep",
                    "is \"while-used\": programs that compute the key themselves find no segment until another program "
                        + "acquires it",
                    "write `keep = \"until-reboot\"` unless all of them use segmentd"
                )
            )
        }
        return warnings
    }

    private func warning(
        _ key: String,
        _ message: String,
        _ remedy: String
    ) -> ConfigurationProblem {
        ConfigurationProblem(file: file.string, key: key, message: message, remedy: remedy)
    }
}
