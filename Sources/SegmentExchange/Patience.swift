import CLinux

/// How long a side that has to wait looks around before it sleeps.
enum Patience {
    /// How often to look before going to sleep, since waking up costs more than many looks.
    ///
    /// On a single processor looking around only keeps the other side from running.
    static let looks = clinux_usable_processors() > 1 ? 2000 : 0
}
