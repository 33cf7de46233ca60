import SegmentModel
import SystemPackage

extension SegmentDefinition {
    /// What is legal but rarely meant.
    var warnings: [ConfigurationProblem] {
        let bits = mode.rawValue
        var warnings: [ConfigurationProblem] = []
        if bits & 0o002 != 0 {
            warnings.append(
                warning("mode", "lets everybody write", "take the last w away unless that is meant")
            )
        }
        if bits & 0o111 != 0 {
            warnings.append(
                warning(
                    "mode",
                    "has x bits, which mean nothing for memory",
                    "only programs that ask for mode 0777 need them"
                )
            )
        }
        if bits & 0o002 == 0, bits & 0o020 == 0 || group == nil {
            warnings.append(
                warning(
                    "mode",
                    "lets nobody but root and the broker write"
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
                    "is \"while-used\": programs that compute the key themselves find no segment until another has asked "
                        + "segmentd",
                    "write `keep = \"until-reboot\"` unless all of them ask segmentd"
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
