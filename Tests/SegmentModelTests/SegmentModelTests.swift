import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentModel

@Suite struct SegmentModelTests {
    @Test(arguments: ["a", "0", "telemetry", "a.b_c-d", String(repeating: "x", count: 63)])
    func `a name of these characters is a segment's`(name: String) {
        #expect(SegmentName(name)?.string == name)
    }

    @Test(arguments: ["", ".a", "-a", "_a", "A", "ä", "a b", "a/b", "a\0", String(repeating: "x", count: 64)])
    func `other texts are not names`(name: String) {
        #expect(SegmentName(name) == nil)
    }

    @Test(
        arguments: [
            ("1 B", 1), ("0B", 0), ("16 MiB", 16 << 20), ("1KiB", 1024), ("2  GiB", 2 << 30),
            ("3 TiB", 3 << 40),
            ("16777215 TiB", 16_777_215 << 40),
        ] as [(String, UInt64)]
    )
    func `a number of bytes is read`(text: String, bytes: UInt64) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "16", "MiB", "16 MB", "-1 B", "1.5 MiB", "16777216 TiB", "99999999999999999999 B", "1 mib",
    ])
    func `text without a unit or beyond 64 bits is not a size`(text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test(arguments: [(0, "0 B"), (1000, "1000 B"), (1024, "1 KiB"), (1536, "1536 B"), (16 << 20, "16 MiB")])
    func `a number of bytes is written with the largest unit that is exact`(bytes: UInt64, text: String) {
        #expect(ByteCount(bytes: bytes).description == text)
    }

    @Test(arguments: [
        ("/home/a/file", true), ("/tmp", true), ("/tmp/../srv/file", false), ("/srv/../tmp/x", true),
        ("/var/tmp/x", true), ("/tmpfile", false), ("/run/user/1000/x", true), ("/run/x", false),
        ("/srv/x", false),
    ])
    func `the sandbox hides files below these directories`(path: String, isHidden: Bool) {
        #expect(KeyDeclaration.path(FilePath(path), project: 65).isHiddenFromService == isHidden)
    }

    @Test func `declared numbers and own files are never hidden`() {
        #expect(!KeyDeclaration.ownFile.isHiddenFromService)
        #expect(!KeyDeclaration.value(SegmentKey(rawValue: 1)).isHiddenFromService)
    }

    @Test(arguments: [(1, "1 lease;"), (99, "99 leases;"), (100, "100 leases or more;")])
    func `a list of a hundred leases says that there may be more`(
        _ row: (count: Int, text: String)
    )
        throws
    {
        let lease = Lease(identifier: "1", access: .readOnly, processID: 1, userID: 0, sinceMicroseconds: 0)
        let leases = Array(repeating: lease, count: row.count)
        let error = BrokerError.segmentInUse(
            name: SegmentName("a"),
            attachments: 0,
            leases: leases
        )
        #expect(error.description.contains("0 attachments, \(row.text)"))
    }

    @Test func `message ids are 32 hexadecimal digits, each once`() {
        let identifiers = LoggedEvent.allCases.map(\.rawValue)
        #expect(Set(identifiers).count == identifiers.count)
        #expect(
            identifiers.allSatisfy { $0.count == 32 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } }
        )
    }
}
