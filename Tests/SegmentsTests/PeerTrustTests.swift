import Testing

@testable import Segments

@Suite struct PeerTrustTests {
    private static func trust(own: UInt32, trusted: UInt32? = nil, named: Bool = true) -> PeerTrust {
        PeerTrust(
            ownUserID: own,
            overflowUserIDs: [65534, 4000],
            trustedUserID: trusted,
            socketIsNamed: named
        )
    }

    static let verdicts: [(PeerTrust, UInt32, PeerTrust.Verdict)] = [
        (trust(own: 1000), 0, .trusted),
        (trust(own: 1000), 1000, .trusted),
        (trust(own: 1000), 1001, .distrusted(.stranger)),
        (trust(own: 0), 1001, .distrusted(.stranger)),
        (trust(own: 1000, trusted: 1001), 1001, .trusted),
        (trust(own: 1000, trusted: 1001, named: false), 1001, .trusted),
        (trust(own: 1000, trusted: 1001), 1002, .distrusted(.stranger)),
        // The usual overflow uid, and the one this kernel is set to.
        (trust(own: 1000), 65534, .distrusted(.unmapped)),
        (trust(own: 65534), 65534, .distrusted(.unmapped)),
        (trust(own: 4000), 4000, .distrusted(.unmapped)),
        (trust(own: 65534, trusted: 4000), 65534, .distrusted(.unmapped)),
        (trust(own: 65534), 0, .trusted),
        (trust(own: 1000, trusted: 65534), 65534, .trustedIfGuarded),
        (trust(own: 65534, trusted: 65534), 65534, .trustedIfGuarded),
        (trust(own: 65534, trusted: 65534, named: false), 65534, .distrusted(.socketNotNamed)),
        (trust(own: 1000, trusted: 65534), 1001, .distrusted(.stranger)),
    ]

    @Test(arguments: verdicts)
    func `which brokers are trusted`(trust: PeerTrust, peer: UInt32, verdict: PeerTrust.Verdict) {
        #expect(trust.verdict(on: peer) == verdict)
    }

    @Test(
        arguments: [
            ("0", 0), ("65534", 65534), ("4294967294", 4_294_967_294), ("4294967295", nil),
            ("4294967296", nil),
            ("-1", nil), ("+1", nil), ("", nil), ("root", nil), (" 1", nil), ("1 ", nil),
        ] as [(String, UInt32?)]
    )
    func `a user's number is digits alone`(text: String, number: UInt32?) {
        #expect(PeerTrust.userID(text) == number)
    }

    private static func entry(
        _ kind: GuardedPath.Entry.Kind,
        _ owner: UInt32,
        _ mode: UInt32
    ) -> GuardedPath.Entry {
        GuardedPath.Entry(kind: kind, ownerUserID: owner, mode: mode)
    }

    static let directories: [(GuardedPath.Entry, Bool, String?)] = [
        (entry(.directory, 0, 0o755), true, nil),
        (entry(.directory, 65534, 0o755), true, nil),
        (entry(.directory, 1000, 0o700), true, nil),
        (entry(.directory, 1001, 0o755), true, "belongs to user 1001"),
        (entry(.directory, 0, 0o775), true, "may be written by others"),
        (entry(.directory, 0, 0o757), true, "may be written by others"),
        (entry(.directory, 0, 0o1777), true, "may be written by others"),
        (entry(.directory, 0, 0o1777), false, nil),
        (entry(.directory, 0, 0o777), false, "may be written by others"),
        (entry(.link, 0, 0o777), true, "is a symbolic link: give the path that it leads to"),
        (entry(.other, 0, 0o755), false, "is no directory"),
    ]

    @Test(arguments: directories)
    func `safe locations for the socket of the overflow user`(
        entry: GuardedPath.Entry,
        isLast: Bool,
        problem: String?
    ) {
        let rule = GuardedPath(owners: [0, 1000, 65534])
        #expect(rule.problem(withDirectory: entry, isLast: isLast) == problem)
        #expect(rule.problem(withSocket: entry) == "is no socket")
        #expect(rule.problem(withSocket: Self.entry(.socket, 1001, 0o777)) == nil)
    }

    @Test(arguments: ["socket", "/tmp/../run/socket", "/no/such/place", "/", ""])
    func `a path that cannot be examined is not trusted`(path: String) {
        let rule = GuardedPath(owners: [0, 1000, 65534])
        #expect(GuardedSocket(path: path, rule: rule).firstProblem() != nil)
    }

    @Test(
        arguments: [
            (.stranger, ["user 65534, neither root nor yourself (user 1000)", "--trust 65534"]),
            (
                .unmapped,
                [
                    "appears as user 65534", "(you are user 1000)", "--trust 65534",
                    "with SEGMENTD_TRUSTED_UID=65534",
                ]
            ),
            (.socketNotNamed, ["although user 65534 is trusted", "$SEGMENTD_SOCKET", "--socket"]),
            (
                .directoryNotGuarded(path: "/tmp", reason: "may be written by others"),
                ["/tmp may be written by others", "a directory that others cannot write"]
            ),
            (.variableInvalid(value: "segmentd"), ["$SEGMENTD_TRUSTED_UID is \"segmentd\"", "user 65534"]),
        ] as [(Distrust, [String])]
    )
    func `the text has both users and the remedy`(distrust: Distrust, parts: [String]) {
        let text = distrust.text(socket: "/s", userID: 65534, ownUserID: 1000)
        for part in parts + ["at /s", "not accepted"] { #expect(text.contains(part), "\(text)") }
    }
}
