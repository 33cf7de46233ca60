/// How long a segment stays when nobody uses it.
package enum KeepPolicy: Hashable, Sendable {
    /// Until somebody removes it or the host goes down.
    case untilReboot
    /// Until segmentd stops; a restart, an upgrade or a kill is no stop.
    case untilStop
    /// From the first Acquire until `linger` after the last lease and the last attachment are gone.
    case whileUsed(linger: Duration)

    /// The word in configuration files and on the wire.
    package var word: String {
        switch self {
        case .untilReboot: "until-reboot"
        case .untilStop: "until-stop"
        case .whileUsed: "while-used"
        }
    }
}
