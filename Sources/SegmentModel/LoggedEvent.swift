/// The events an administrator may have to act on, each with the `MESSAGE_ID` that the journal's catalog
/// explains.
package enum LoggedEvent: String, CaseIterable, Sendable {
    case created = "a2519871a3ab41b1b76a5c3518bacff8"
    case adopted = "97c1079b86e1401ebf65f24da41482dd"
    case replaced = "de7ccb0d2ead4d12b5872930c13a64ae"
    case repaired = "50dbb89b238e474caeed7e224e64086e"
    case blocked = "90a808ac9ddf4ad79bbb4b9fb115562b"
    case drifted = "cf5c8cf6b53347f0a1dc356dc13891c2"
    case draining = "ca4dc1c7001b49eca49986228427bd70"
    case removed = "953b37f86d454c75a6c6e5861a8c0aa1"
    case removedByOther = "8027649005014144ba3cf9e4347fd439"
    case twoAlive = "d6ad12a29c8a4b469d59c9a202040090"
    case keyMoved = "df7525c80816454987ce7e8ccdcb9310"
    case hostWarned = "57e7397fcdfc4ec999259b950d5489e7"
    case hostRecovered = "de9ff4044af142bb87798ada031119f6"
    case socketGone = "6e4d362c442a485e8a2e21618ff9671b"
    case recordSetAside = "4ebd635adcfa4638ae2d6f71c78b8c46"
    case started = "7e47555b13184cbcb7978f87f4841a92"
    case stopped = "d3cb7652659d4a50a7ed1ab93cb5a33d"
    case reloaded = "0616ce29d5364b61812529dcfb6bdd3a"
    case configurationRefused = "e403fe9bb92b4680bac87b39743c5dbe"
}

/// The names of structured log metadata; each becomes a journal field.
package enum LoggedKey: String, CaseIterable, Sendable {
    /// A `LoggedEvent`: the journal's `MESSAGE_ID`.
    case event
    /// A segment's name.
    case segment
    case key
    case identifier = "shmid"
}
