import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

@Suite struct DeclarationResolverTests {
    private static let file = FilePath("/srv/file")
    private static let ownFile = SegmentDefinition.test("a").file
    private static let key = SegmentKey(bits: 0x0101_0007)
    private static let path = KeyDeclaration.path(file, project: 65)

    private func resolver(
        group: GroupLookup = .found(500),
        key: KeyLookup = .found(key),
        isService: Bool = true
    ) -> DeclarationResolver {
        DeclarationResolver(
            groups: GroupTable(lookups: ["telemetry": group]),
            keys: KeyTable(lookups: [Self.file: key, Self.ownFile: key, FilePath("/home/a"): key]),
            ownGroupID: 990,
            isService: isService
        )
    }

    @Test(
        arguments: [
            ("telemetry", .found(500), 500, nil), (nil, .found(500), 990, nil),
            (nil, .unanswered, 990, nil),
            ("telemetry", .unknown, nil, "there is no group telemetry"),
            ("telemetry", .failed(5), nil, "group telemetry cannot be looked up (errno 5)"),
            (
                "telemetry", .unanswered, nil,
                "the name service has not answered the lookup of group telemetry"
            ),
            (
                "never-asked", .found(500), nil,
                "the name service has not answered the lookup of group never-asked"
            ),
        ] as [(String?, GroupLookup, UInt32?, String?)]
    )
    func `a group resolves to its number, or to the reason there is none`(
        name: String?,
        lookup: GroupLookup,
        number: UInt32?,
        problem: String?
    ) {
        let resolver = resolver(group: lookup)
        do throws(SegmentProblem) {
            #expect(try resolver.number(ofGroup: name) == number)
        } catch {
            #expect(error.message == problem)
            #expect(number == nil)
        }
    }

    @Test(
        arguments: [
            (.value(SegmentKey(rawValue: 0x77)), .unanswered, .at(SegmentKey(rawValue: 0x77))),
            (path, .found(key), .at(key.replacingProjectID(with: 65))),
            (.ownFile, .found(key), .at(key.replacingProjectID(with: KeyDeclaration.defaultProject))),
            (
                path, .failed(.permissionDenied),
                .impossible(KeyPathRule.problem(file, errno: .permissionDenied))
            ),
            (path, .unanswered, .impossible(KeyPathRule.unansweredProblem(file))),
            (.ownFile, .unanswered, .impossible(KeyPathRule.unansweredProblem(ownFile))),
        ] as [(KeyDeclaration, KeyLookup, SegmentLifecycle.Placement)]
    )
    func `a declaration gets its computed key, or the reason there is none`(
        declared: KeyDeclaration,
        lookup: KeyLookup,
        key: SegmentLifecycle.Placement
    ) {
        let definition = SegmentDefinition.test("a", key: declared)
        #expect(
            resolver(key: lookup).declaration(definition)
                == SegmentLifecycle.Declaration(definition, group: .found(500), key: key)
        )
    }

    @Test func `a declaration without a group has the broker's own`() {
        let declaration = resolver(group: .unknown).declaration(.test("a", group: nil))
        #expect(declaration.group == .found(990))
        #expect(resolver(group: .unknown).declaration(.test("a")).group == .unknown)
    }

    @Test func `only a system service has paths hidden from it`() {
        let path = FilePath("/home/a")
        let definition = SegmentDefinition.test("a", key: .path(path, project: 65))
        let key = Self.key.replacingProjectID(with: 65)
        #expect(resolver(isService: false).declaration(definition).key == .at(key))
        #expect(
            resolver().declaration(definition).key == .impossible(KeyPathRule.hiddenProblem(path, key: key))
        )
        #expect(
            resolver(key: .failed(.noSuchFileOrDirectory)).declaration(definition).key
                == .impossible(KeyPathRule.hiddenProblem(path, key: nil))
        )
    }

    @Test func `a missing answer is reported, the group's first`() {
        #expect(resolver().unanswered(.test("a")) == nil)
        #expect(resolver(group: .unknown, key: .failed(.ioError)).unanswered(.test("a")) == nil)
        #expect(
            resolver(group: .unanswered, key: .unanswered).unanswered(.test("a"))
                == .groupUnanswered("telemetry")
        )
        #expect(
            resolver(key: .unanswered).unanswered(.test("a")) == KeyPathRule.unansweredProblem(Self.ownFile)
        )
        let fixed = SegmentDefinition.test("a", group: nil, key: .value(Self.key))
        #expect(resolver(group: .unanswered, key: .unanswered).unanswered(fixed) == nil)
    }
}
