import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

@Suite struct KeyReservationsTests {
    typealias Declaration = SegmentLifecycle.Declaration

    private static let key = SegmentKey(bits: 0x0101_0007)
    private static let other = SegmentKey(bits: 0x0101_0008)
    private static let fixed = SegmentKey(bits: 0x4101_0007)

    private static func name(_ text: String) -> SegmentName { SegmentDefinition.test(text).name }

    private static func ownFile(_ name: String, _ key: SegmentKey = key) -> Declaration {
        Declaration(.test(name), group: .found(500), key: .at(key))
    }

    private static func value(_ name: String, _ key: SegmentKey = fixed) -> Declaration {
        Declaration(.test(name, key: .value(key)), group: .found(500), key: .at(key))
    }

    private static func path(_ name: String, _ key: SegmentKey = fixed) -> Declaration {
        let declared = KeyDeclaration.path(FilePath("/srv/file"), project: key.projectID)
        return Declaration(.test(name, key: declared), group: .found(500), key: .at(key))
    }

    /// Reserved keys, declarations, and the result for each: its key, or the name that holds it.
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var reserved: [String: [SegmentKey]] = [:]
        var declared: [Declaration]
        var placed: [(name: String, key: SegmentKey?, holder: String?)]
    }

    private static let cases = [
        Case(
            testDescription: "each its own",
            declared: [ownFile("a"), ownFile("b", other), value("c")],
            placed: [("c", fixed, nil), ("a", key, nil), ("b", other, nil)]
        ),
        Case(
            testDescription: "two names, one own-file key: the later takes the next project",
            declared: [ownFile("b"), ownFile("a")],
            placed: [("a", key, nil), ("b", key.replacingProjectID(with: 2), nil)]
        ),
        Case(
            testDescription: "a fixed key comes before an own file, whatever the names",
            declared: [ownFile("a"), value("z", key)],
            placed: [("z", key, nil), ("a", key.replacingProjectID(with: 2), nil)]
        ),
        Case(
            testDescription: "what is reserved comes before a fixed key",
            reserved: ["z": [key]],
            declared: [value("a", key), ownFile("z")],
            placed: [("a", nil, "z"), ("z", key, nil)]
        ),
        Case(
            testDescription: "one key by number and by path: the first name gets it",
            declared: [path("b"), value("a")],
            placed: [("a", fixed, nil), ("b", nil, "a")]
        ),
        Case(
            testDescription: "a reserved project number is kept although an earlier one is free",
            reserved: ["a": [key.replacingProjectID(with: 7)]],
            declared: [ownFile("a")],
            placed: [("a", key.replacingProjectID(with: 7), nil)]
        ),
        Case(
            testDescription: "one of another inode is not",
            reserved: ["a": [other]],
            declared: [ownFile("a")],
            placed: [("a", key, nil)]
        ),
        Case(
            testDescription: "of two reserved, of which one is being replaced, the first project",
            reserved: ["a": [key.replacingProjectID(with: 9), key.replacingProjectID(with: 3)]],
            declared: [ownFile("a")],
            placed: [("a", key.replacingProjectID(with: 3), nil)]
        ),
        Case(
            testDescription: "a fixed key that it has is kept",
            reserved: ["a": [fixed]],
            declared: [value("a")],
            placed: [("a", fixed, nil)]
        ),
        Case(
            testDescription: "two swapped, both absent",
            declared: [value("a", other), value("b", fixed)],
            placed: [("a", other, nil), ("b", fixed, nil)]
        ),
        Case(
            testDescription: "two swapped, both live: both collide",
            reserved: ["a": [fixed], "b": [other]],
            declared: [value("a", other), value("b", fixed)],
            placed: [("a", nil, "b"), ("b", nil, "a")]
        ),
        Case(
            testDescription: "two swapped, one live",
            reserved: ["a": [fixed]],
            declared: [value("a", other), value("b", fixed)],
            placed: [("a", other, nil), ("b", nil, "a")]
        ),
        Case(
            testDescription: "an undeclared segment that still lives keeps its key",
            reserved: ["gone": [fixed]],
            declared: [value("a")],
            placed: [("a", nil, "gone")]
        ),
        Case(
            testDescription: "an edited fixed key is taken while the old one is reserved",
            reserved: ["a": [fixed]],
            declared: [value("a", key), ownFile("b")],
            placed: [("a", key, nil), ("b", key.replacingProjectID(with: 2), nil)]
        ),
        Case(
            testDescription: "IPC_PRIVATE is nobody's",
            declared: [value("a", .private), ownFile("b", .private)],
            placed: [("a", nil, nil), ("b", SegmentKey(bits: 0x0100_0000), nil)]
        ),
    ]

    @Test(arguments: cases) func `each declaration gets a key, or the collision`(_ test: Case) {
        var reservations = KeyReservations()
        for (name, keys) in test.reserved { reservations.update(Self.name(name), keys) }
        let placed = reservations.placing(test.declared)
        #expect(placed.map(\.definition.name.string) == test.placed.map(\.name))
        for (declaration, wanted) in zip(placed, test.placed) {
            #expect(declaration.placedKey == wanted.key)
            guard case .impossible(let problem) = declaration.key,
                let before = test.declared.first(where: { $0.definition == declaration.definition }),
                case .at(let computed) = before.key
            else { continue }
            let holder = wanted.holder.map(Self.name)
            #expect(problem == .keyCollision(computed, declaration.definition.key, holder: holder))
        }
    }

    @Test func `projects wrap after 255, never to 0; with none free, it is a collision`() {
        var reservations = KeyReservations()
        let last = Self.key.replacingProjectID(with: 255)
        reservations.update(Self.name("x"), [last])
        #expect(reservations.placing([Self.ownFile("a", last)]).map(\.placedKey) == [Self.key])
        reservations.update(Self.name("x"), (1...255).map { Self.key.replacingProjectID(with: $0) })
        let placed = reservations.placing([Self.ownFile("a", last)])
        #expect(placed.map(\.key) == [.impossible(.keyCollision(last, .ownFile, holder: Self.name("x")))])
    }

    @Test func `a declaration whose key cannot be computed is unchanged and takes no key`() {
        let problem = KeyPathRule.unansweredProblem(FilePath("/srv/file"))
        let unanswered = Declaration(.test("a"), group: .found(500), key: .impossible(problem))
        let placed = KeyReservations().placing([unanswered, Self.ownFile("b")])
        #expect(placed.map(\.key) == [.impossible(problem), .at(Self.key)])
    }

    @Test func `keys given up become free, and no name takes another's`() {
        var reservations = KeyReservations()
        #expect(reservations.update(Self.name("a"), [Self.key, Self.other]).isEmpty)
        #expect(reservations.update(Self.name("b"), [Self.key]).isEmpty)
        #expect(reservations.holders == [Self.key: Self.name("a"), Self.other: Self.name("a")])
        #expect(reservations.update(Self.name("a"), [Self.other]) == [Self.key])
        #expect(reservations.update(Self.name("b"), [Self.key]).isEmpty)
        #expect(reservations.holders == [Self.key: Self.name("b"), Self.other: Self.name("a")])
        #expect(reservations.update(Self.name("a"), []) == [Self.other])
        #expect(reservations.update(Self.name("b"), []) == [Self.key])
        #expect(reservations == KeyReservations())
    }
}
