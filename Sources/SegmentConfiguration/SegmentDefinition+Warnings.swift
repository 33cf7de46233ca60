import SegmentModel
import SystemPackage

extension SegmentDefinition {
    /// What is legal but rarely meant.
    var warnings: [ConfigurationProblem] {
        let bits = mode.rawValue
        var warnings: [ConfigurationProblem] = []
        if bits & 0o002 != 0 {
            warnings.append(warning("lets everybody write", "take the last w away unless that is meant"))
        }
        if bits & 0o111 != 0 {
            warnings.append(
                warning(
                    "has x bits, which mean nothing for memory",
                    "only programs that ask for mode 0777 need them"
                )
            )
        }
        if bits & 0o002 == 0, bits & 0o020 == 0 || group == nil {
            warnings.append(
                warning(
                    "lets nobody but root and the broker write"
                        + (group == nil
                            ? ": no group is named, and the daemon's own should have no members" : ""),
                    "name a group and give it w, such as `group = \"telemetry\"` and `mode = \"0660\"`"
                )
            )
        }
        return warnings
    }

    private func warning(_ message: String, _ remedy: String) -> ConfigurationProblem {
        ConfigurationProblem(file: file.string, key: "mode", message: message, remedy: remedy)
    }
}
