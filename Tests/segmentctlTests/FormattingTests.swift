import Glibc
import ArgumentParser
import Segments
import SegmentExchange
import SegmentModel
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import segmentctl

@Suite struct FormattingTests {
    private func segment(
        _ name: String,
        _ state: SegmentState,
        _ change: (inout SegmentDescription) -> Void = { _ in }
    )
        throws -> SegmentDescription
    {
        var segment = SegmentDescription(
            name: try #require(SegmentName(name)),
            state: state,
            size: ByteCount(bytes: 16 << 20),
            mode: FilePermissions(rawValue: 0o664),
            group: "telemetry",
            keep: .untilReboot
        )
        change(&segment)
        return segment
    }

    private func live(_ name: String, _ state: SegmentState = .ready) throws -> SegmentDescription {
        try segment(name, state) {
            $0.key = SegmentKey(bits: 0x4100_000f)
            $0.identifier = SegmentIdentifier(rawValue: 12)
            $0.attachmentCount = 3
            $0.leaseCount = 1
            $0.leases = [
                Lease(
                    identifier: "1",
                    access: .readOnly,
                    processID: 77,
                    userID: 1000,
                    userName: "ada",
                    command: "reader",
                    sinceMicroseconds: 1_800_000_000_000_000
                )
            ]
            $0.memory = SegmentMemory(resident: 1536, swapped: 0)
        }
    }

    private func shown(_ lines: [Line]) -> String { lines.map(\.printable).joined(separator: "\n") }

    @Test func `the table of segments`() throws {
        let blocked = try segment("b", .blocked)
        let text = shown(SegmentTable.lines([try live("a-long-name"), blocked], legend: true))
        #expect(
            text == """
                NAME        STATE   KEY        ID   SIZE MODE GROUP     CLIENTS RESIDENT
                a-long-name ready   0x4100000f 12 16 MiB 0664 telemetry 1 (3)    1.5 KiB
                b           blocked -           - 16 MiB 0664 telemetry 0              -

                2 segments, 1 blocked: `segmentctl status NAME` says why.
                """
        )
        #expect(
            shown(SegmentTable.lines([blocked], legend: false)) == "b blocked - - 16 MiB 0664 telemetry 0 -"
        )
    }

    @Test func `one segment in full`() throws {
        var segment = try live("telemetry", .drifted)
        segment.summary = "Sensor readings"
        segment.configurationFile = "/etc/segmentd/segments.d/telemetry.toml"
        segment.keyPath = "/srv/shmfile"
        segment.keyProjectID = 65
        segment.createdMicroseconds = 1_800_000_000_000_000
        segment.problems = [SegmentProblem(.sizeDiffers, message: "it has 1 B", remedy: "do this")]
        segment.hints = [SegmentProblem(.keyMoved, message: "its file moved", remedy: "or this")]
        segment.formerMemory = [
            FormerMemory(
                identifier: SegmentIdentifier(rawValue: 7),
                attachmentCount: 1,
                size: ByteCount(bytes: 4096)
            )
        ]
        segment.leases[0].segment = SegmentIdentifier(rawValue: 7)
        let now: Int64 = 1_800_000_100_000_000
        let text = shown(SegmentPage(segment: segment, color: false, now: now).lines)
        let since = Timestamp(1_800_000_000_000_000).text
        #expect(
            text == """
                ◐ telemetry - Sensor readings
                    Declared: /etc/segmentd/segments.d/telemetry.toml
                       State: drifted
                     Problem: it has 1 B (size_differs)
                      Remedy: do this
                        Hint: its file moved (key_moved)
                      Remedy: or this
                         Key: 0x4100000f, ftok("/srv/shmfile", 65)
                  Identifier: 12
                     Created: \(since); 1 min 40 s ago
                        Size: 16 MiB (16777216 bytes)
                      Access: mode 0664, group telemetry, keep until-reboot
                      Memory: 1.5 KiB in RAM, 0 B in swap
                    Attached: 3 times
                  Old memory: identifier 7, 4 KiB, attached 1 time, gone with its last detach
                      Leases: 77 (reader) of ada, read-only, since \(since); 1 min 40 s ago, of old memory
                """
        )
    }

    @Test func `a lease whose process has ended is shown as inherited by a child`() throws {
        let page = SegmentPage(
            segment: try live("a"),
            color: false,
            now: 1_800_000_000_000_000,
            inherited: ["1"]
        )
        #expect(shown(page.lines).contains("Leases: 77 (gone; inherited by a child) of ada, read-only"))
        var lease = try #require(try live("a").leases.first)
        lease.processID = getpid()
        #expect(!lease.isInherited, "a lease after the start of its process")
        lease.sinceMicroseconds = 1_000_000
        #expect(lease.isInherited, "a lease before it: the number was another's")
        lease.processID = Int32.max
        #expect(lease.isInherited)
    }

    @Test func `no state is shown by color alone`() throws {
        let marks = try SegmentState.known.map { state in
            String(shown(SegmentPage(segment: try segment("a", state), color: false, now: 0).lines).prefix(1))
        }
        #expect(marks == ["○", "●", "◐", "◐", "◐", "×"])
        let colored = shown(SegmentPage(segment: try segment("a", .blocked), color: true, now: 0).lines)
        #expect(colored.contains("\u{1b}[31mblocked\u{1b}[0m"))
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (5 << 30, "5 GiB"),
        ((1 << 63) - 65537, "8388607.9 TiB"), (.max, "16777216 TiB"),
    ])
    func `sizes are rounded for people`(bytes: UInt64, text: String) { #expect(rounded(bytes) == text) }

    @Test(arguments: [
        (5, "5 s ago"), (65, "1 min 5 s ago"), (3700, "1 h 1 min ago"), (90000, "1 d 1 h ago"),
    ])
    func `times in the past have an age`(seconds: Int64, ago: String) {
        #expect(Timestamp(0).ago(seconds * 1_000_000).hasSuffix("; \(ago)"))
    }

    /// A time from another process, and the time of the local clock.
    @Test(arguments: [
        (Int64.min, Int64.max, "106751991 d 4 h ago"), (.max, .min, "0 s ago"),
        (.min, 0, "106751991 d 4 h ago"),
        (.min, -1, "106751991 d 4 h ago"), (.max, 0, "0 s ago"), (0, .max, "106751991 d 4 h ago"),
        (0, .min, "0 s ago"),
        (1, 0, "0 s ago"), (-1, 0, "0 s ago"),
    ])
    func `any time has a text, however distant`(moment: Int64, now: Int64, ago: String) {
        #expect(Timestamp(moment).ago(now).hasSuffix("; \(ago)"))
        #expect(!Timestamp(moment).timeOfDay.isEmpty)
    }

    @Test func `pages and tables show whatever numbers there are`() throws {
        for number in [Int64.min, -1, 0, .max] {
            let big = UInt64(bitPattern: number)
            var segment = try live("a")
            segment.size = ByteCount(bytes: big)
            segment.attachmentCount = Int(number)
            segment.memory = SegmentMemory(resident: big, swapped: big)
            segment.createdMicroseconds = number
            segment.lastAttachMicroseconds = number
            segment.lastDetachMicroseconds = number
            segment.leases[0].sinceMicroseconds = number
            segment.leases[0].userID = .max
            segment.leases[0].userName = nil
            segment.leases[0].processID = Int32(truncatingIfNeeded: number)
            let status = DaemonStatus(
                version: "1",
                processID: .min,
                startedMicroseconds: number,
                configurationDirectory: "/",
                segmentCount: Int(number),
                blockedCount: Int(number),
                leaseCount: Int(number),
                connectionCount: Int(number),
                totalSize: ByteCount(bytes: big),
                ipcNamespace: big,
                kernelSegmentCount: Int(number),
                kernelSegmentLimit: Int(number),
                kernelSizeLimit: ByteCount(bytes: big),
                warnings: []
            )
            for now in [Int64.min, 0, .max] {
                #expect(SegmentPage(segment: segment, color: false, now: now).lines.count == 11)
                #expect(DaemonPage(status: status, now: now).lines.count == 5)
            }
            #expect(SegmentTable.lines([segment], legend: true).count == 4)
        }
    }

    @Test func `foreign text cannot change a line or its color`() throws {
        var segment = try live("a")
        segment.summary = "\u{1b}[2J\nb\u{9b}31m"
        segment.group = "wide\r\n"
        let page = SegmentPage(segment: segment, color: true, now: 0).lines.map(\.printable)
        #expect(page[0] == "\u{1b}[32m●\u{1b}[0m a - ?[2J?b?31m")
        #expect(page.allSatisfy { !$0.contains("\n") })
        let table = SegmentTable.lines([segment, try live("b")], legend: false).map(\.printable)
        #expect(table[0].contains(" wide??    1 (3)"))
        #expect(table[0].count == table[1].count)
    }

    @Test(arguments: [
        ("{}", "{}"), ("[]", "[]"), (#"{"a":1}"#, "{\n  \"a\": 1\n}"),
        (#"[{"a":"x:{,\"}","b":[]}]"#, "[\n  {\n    \"a\": \"x:{,\\\"}\",\n    \"b\": []\n  }\n]"),
    ])
    func `pretty JSON is equivalent`(short: String, pretty: String) {
        #expect(PrettyJSON.bytes(Array(short.utf8)) == Array(pretty.utf8))
    }

    @Test(arguments: [("telemetry", "TELEMETRY"), ("a.b-c_d0", "A_B_C_D0")])
    func `variables have names valid in shells`(name: String, suffix: String) {
        #expect(SegmentVariables.suffix(name) == suffix)
    }

    @Test func `events have one line each`() throws {
        let name = SegmentName("telemetry")
        let lease = Lease(
            identifier: "1",
            access: .readWrite,
            processID: 7,
            userID: 4_000_000,
            sinceMicroseconds: 0
        )
        let time = Timestamp(0).timeOfDay
        #expect(
            EventLine.text(SegmentEvent(.leased, name: name, lease: lease), now: 0)
                == "\(time) leased telemetry by 7 of 4000000, read-write"
        )
        #expect(
            EventLine.text(SegmentEvent(.created, name: name, segment: try live("telemetry")), now: 0)
                == "\(time) created telemetry (ready, id 12)"
        )
        #expect(EventLine.text(SegmentEvent(.snapshotEnded), now: 0) == nil)
    }

    static let progress: [(bytes: UInt64, total: UInt64?, time: Duration, text: String)] = [
        (0, nil, .zero, "0 B"), (1536, 1 << 20, .milliseconds(50), "1.5 KiB of 1 MiB"),
        (3 << 30, 4 << 30, .seconds(2), "3 GiB of 4 GiB, 1.5 GiB/s, 1 s left"),
        (100, 7300, .seconds(1), "100 B of 7.1 KiB, 100 B/s, 1 min 12 s left"),
        (1, 36001, .seconds(1), "1 B of 35.1 KiB, 1 B/s, 10 h 0 min left"),
        (2048, nil, .seconds(2), "2 KiB, 1 KiB/s"), (2048, 2048, .seconds(2), "2 KiB of 2 KiB, 1 KiB/s"),
        // A file that has grown in the meantime.
        (4096, 2048, .seconds(2), "4 KiB of 2 KiB, 2 KiB/s"),
        (.max, .max, .milliseconds(100), "16777216 TiB of 16777216 TiB, 16777216 TiB/s"),
        (1 << 60, .max, .milliseconds(1), "1048576 TiB of 16777216 TiB"),
        (1, .max, .seconds(1), "1 B of 16777216 TiB, 1 B/s, 277777 h 46 min left"),
        (.max, nil, .seconds(Int64.max), "16777216 TiB, 2 B/s"), (1, nil, .seconds(-1), "1 B"),
    ]

    @Test(arguments: progress)
    func `progress of a stream`(_ row: (bytes: UInt64, total: UInt64?, time: Duration, text: String)) {
        #expect(ProgressText.text(row.bytes, of: row.total, after: row.time) == row.text)
    }

    static let streams: [(ExchangeError, Int32)] = [
        (.sideInUse(processID: 1), 6), (.peerDied(processID: 1), 1),
        (.segmentTooSmall(size: 1, minimum: 2), 1),
    ]

    @Test(arguments: streams)
    func `a stream that did not end has its own exit status`(error: ExchangeError, status: Int32) {
        #expect(ExitStatus(ExchangeFailure(segment: "a", error: error)).rawValue == status)
    }

    static let refusals: [(BrokerError, Int32)] = [
        (.noSuchSegment(name: "x"), 4), (.permissionDenied, 5), (.noSuchLease(lease: "1"), 1),
        (.limitReached(limit: "l", value: 1), 1), (.configurationInvalid(problems: []), 8),
    ]

    @Test(arguments: refusals)
    func `a refusal has the exit status of its kind`(error: BrokerError, status: Int32) {
        #expect(ExitStatus(SegmentClientError.refused(error)).rawValue == status)
    }

    static let usages: [([String], Int32)] = [
        (["foo"], 2), (["foo", "list"], 2), (["list", "--state=x"], 2), (["key"], 2), (["run", "a"], 2),
        (["run", "--", "true"], 2),
        (["run", "a.b", "a-b", "--", "true"], 2), (["write", "a", "--offset=-1"], 2),
        (["list", "--json=x"], 2),
        (["run", "--help"], 0), (["--version"], 0),
    ]

    @Test(arguments: usages)
    func `usage errors are 2, help is 0`(arguments: [String], status: Int32) {
        #expect {
            try Segmentctl.parseAsRoot(arguments)
        } throws: {
            ExitStatus($0).rawValue == status
        }
    }

    @Test(
        arguments: [
            (["help", "bogus"], 2), (["help", "bogus", "list"], 2), (["help", "-h", "bogus"], 2),
            (["help"], nil), (["help", "list"], nil), (["help", "id"], nil), (["help", "help"], nil),
            (["help", "--help"], nil), (["list", "bogus"], nil), (["bogus"], 2),
        ] as [([String], Int32?)]
    )
    func `there is help only on existing verbs`(words: [String], status: Int32?) {
        var thrown: (any Error)?
        do { _ = try Segmentctl.command(for: words) } catch { thrown = error }
        #expect(thrown.map { ExitStatus($0).rawValue } == status)
    }

    @Test(arguments: [
        (["-j"], JSONForm.short), (["-j", "--json=off"], .off), (["--json=off", "-j"], .off),
        (["-j", "--json=pretty"], .pretty), (["--json=short"], .short), ([], .off),
    ])
    func `an explicit form of JSON takes precedence`(arguments: [String], form: JSONForm) throws {
        // Without a terminal, -j is short.
        #expect(try GlobalOptions.parse(arguments).json == form || Terminal.isOutput && form == .short)
    }

    @Test(arguments: [
        ("ready,foo", "no state \"foo\""), ("ready,", "no state \"\""), ("Ready", "no state \"Ready\""),
    ])
    func `an unknown state is named, with all known ones`(value: String, text: String) {
        #expect {
            try Segmentctl.parseAsRoot(["list", "--state=\(value)"])
        } throws: {
            let message = Segmentctl.fullMessage(for: $0)
            return message.contains(text)
                && message.contains("absent, ready, drifted, draining, removing or blocked")
        }
    }

    static let pagers: [([String: String], PagerChoice)] = [
        ([:], .less(isSecure: true)), (["TERM": "dumb"], .none), (["TERM": ""], .none),
        (["PAGER": ""], .none), (["PAGER": " \t"], .none), (["PAGER": "cat"], .none),
        (["PAGER": " cat "], .none),
        (["SEGMENTCTL_PAGER": "", "PAGER": "less"], .none),
        (["PAGER": "more"], .less(isSecure: true)), (["PAGER": "less -R"], .less(isSecure: true)),
        (["PAGER": "more", "SEGMENTCTL_PAGERSECURE": "1"], .none),
        (["PAGER": "/usr/bin/less", "SEGMENTCTL_PAGERSECURE": "true"], .less(isSecure: true)),
        (["PAGER": "sh -c less", "SEGMENTCTL_PAGERSECURE": "yes"], .none),
        (["PAGER": "more", "SEGMENTCTL_PAGERSECURE": ""], .none),
        (["PAGER": "more -d 'a b'", "SEGMENTCTL_PAGERSECURE": "0"], .command("more -d 'a b'")),
        (["SEGMENTCTL_PAGER": "most", "PAGER": "more", "SEGMENTCTL_PAGERSECURE": "No"], .command("most")),
        (["PAGER": "cat", "SEGMENTCTL_PAGERSECURE": "off"], .none),
        (["SEGMENTCTL_PAGERSECURE": "false"], .less(isSecure: false)),
    ]

    @Test(arguments: pagers)
    func `the choice of pager`(variables: [String: String], choice: PagerChoice) {
        let all = ["TERM": "xterm"].merging(variables) { $1 }
        #expect(PagerChoice(isTerminal: true, isWanted: true) { all[$0] } == choice)
        #expect(PagerChoice(isTerminal: false, isWanted: true) { all[$0] } == .none)
        #expect(PagerChoice(isTerminal: true, isWanted: false) { all[$0] } == .none)
    }

    @Test func `without TERM there is no pager`() {
        #expect(PagerChoice(isTerminal: true, isWanted: true) { _ in nil } == .none)
    }

    @Test(
        arguments: [
            ("ready", [SegmentState.ready]), ("blocked,absent", [.blocked, .absent]), ("", nil),
            ("ready,", nil), ("x", nil),
        ] as [(String, [SegmentState]?)]
    )
    func `states are words separated by commas`(text: String, states: [SegmentState]?) {
        #expect((try? StateFilter(text))?.states == states.map { Set($0) })
    }
}
