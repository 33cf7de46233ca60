import SegmentModel
import SystemPackage
import SystemVSharedMemory
import Testing
import Varlink

@testable import SegmentInterface

/// The interface description and the code agree.
@Suite struct InterfaceTests {
    typealias Shape = InterfaceDescription.Shape

    private let interface: InterfaceDescription

    init() throws { interface = try InterfaceDescription(VarlinkInterface.broker.description) }

    private func json(_ value: some JSONEncodable) throws -> JSON {
        let writer = JSONWriter()
        writer.value(value)
        return try JSON(parsing: writer.bytes.span)
    }

    /// Returns whether a value with every member set matches a shape exactly.
    private func matches(_ value: JSON, _ shape: Shape) -> Bool {
        switch (shape, value) {
        case (.optional(let inner), _): matches(value, inner)
        case (.array(let element), .array(let values)):
            !values.isEmpty && values.allSatisfy { matches($0, element) }
        case (.named("string"), .string), (.named("int"), .integer), (.named("bool"), .bool): true
        case (.named(let name), _): interface.types[name].map { matches(value, $0) } ?? false
        case (.enumeration(let words), .string(let word)): words.contains(word)
        case (.structure(let fields), .object(let object)):
            Set(fields.keys) == Set(object.members.map(\.name))
                && object.members.allSatisfy { member in
                    fields[member.name].map { matches(member.value, $0) } ?? false
                }
        default: false
        }
    }

    private func expect(
        _ value: some JSONEncodable,
        is shape: Shape?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let json = try json(value)
        #expect(matches(json, try #require(shape)), "\(json)", sourceLocation: sourceLocation)
    }

    private var problem: SegmentProblem { SegmentProblem(.squatted, message: "m", remedy: "r") }

    private var lease: Lease {
        Lease(
            identifier: "1",
            access: .readOnly,
            processID: 1,
            userID: 2,
            userName: "u",
            command: "c",
            sinceMicroseconds: 3,
            segment: SegmentIdentifier(rawValue: 5)
        )
    }

    private var configurationProblem: ConfigurationProblem {
        ConfigurationProblem(file: "f", line: 1, key: "k", message: "m", remedy: "r")
    }

    private func segment() throws -> SegmentDescription {
        var segment = SegmentDescription(
            name: try name(),
            state: .ready,
            size: ByteCount(bytes: 1),
            mode: .ownerReadWrite,
            group: "g",
            keep: .untilStop
        )
        segment.summary = "s"
        segment.problems = [problem]
        segment.key = SegmentKey(rawValue: -1)
        segment.identifier = SegmentIdentifier(rawValue: 1)
        segment.attachmentCount = 1
        segment.leases = [lease]
        segment.leaseCount = 1
        segment.memory = SegmentMemory(resident: 1, swapped: 2)
        segment.keyPath = "/p"
        segment.keyProjectID = 65
        segment.createdMicroseconds = 1
        segment.lastAttachMicroseconds = 2
        segment.lastDetachMicroseconds = 3
        segment.configurationFile = "/f"
        segment.hints = [problem]
        segment.creatorUserID = 990
        segment.creatorProcessID = 1
        segment.lastProcessID = 2
        segment.formerMemory = [
            FormerMemory(
                identifier: SegmentIdentifier(rawValue: 2),
                attachmentCount: 3,
                size: ByteCount(bytes: 4)
            )
        ]
        return segment
    }

    private func name() throws -> SegmentName { SegmentName("telemetry") }

    private func grant() throws -> Grant {
        Grant(
            lease: "1",
            name: try name(),
            key: SegmentKey(rawValue: -7),
            identifier: SegmentIdentifier(rawValue: 5),
            size: ByteCount(bytes: 4096),
            access: .readWrite,
            creatorUserID: 990,
            changeTime: 1,
            ipcNamespace: 4_026_531_839
        )
    }

    private var status: DaemonStatus {
        DaemonStatus(
            version: "1",
            processID: 1,
            startedMicroseconds: 1,
            configurationDirectory: "/etc",
            segmentCount: 1,
            blockedCount: 0,
            leaseCount: 1,
            connectionCount: 1,
            totalSize: ByteCount(bytes: 1),
            ipcNamespace: 1,
            kernelSegmentCount: 1,
            kernelSegmentLimit: 1,
            kernelSizeLimit: ByteCount(bytes: .max),
            warnings: [problem]
        )
    }

    @Test func `every enumeration has the same words`() {
        #expect(interface.types["Access"] == .enumeration(Access.known.map(\.rawValue)))
        #expect(interface.types["State"] == .enumeration(SegmentState.known.map(\.rawValue)))
        #expect(interface.types["RemoveWhen"] == .enumeration(RemovalPolicy.allCases.map(\.rawValue)))
    }

    @Test func `every method is there, in text and code`() {
        let ours = BrokerMethod.allCases.map(\.rawValue).filter { $0.hasPrefix("io.segmentd.Broker.") }
        #expect(Set(ours) == Set(interface.methods.keys.map { "io.segmentd.Broker.\($0)" }))
    }

    @Test func `every type is written as it is described`() throws {
        try expect(problem, is: interface.types["Problem"])
        try expect(lease, is: interface.types["Lease"])
        try expect(try segment(), is: interface.types["Segment"])
        try expect(configurationProblem, is: interface.types["ConfigurationProblem"])
    }

    @Test func `every call and reply is written as it is described`() throws {
        let methods = interface.methods
        try expect(AcquireParameters(name: "n", access: .readOnly), is: methods["Acquire"]?.parameters)
        try expect(try grant(), is: methods["Acquire"]?.reply)
        try expect(ReleaseParameters(lease: "1"), is: methods["Release"]?.parameters)
        try expect(NoParameters(), is: methods["Release"]?.reply)
        try expect(DescribeParameters(name: "n"), is: methods["Describe"]?.parameters)
        try expect(DescribeReply(segment: try segment()), is: methods["Describe"]?.reply)
        try expect(NoParameters(), is: methods["List"]?.parameters)
        try expect(ListReply(segment: try segment()), is: methods["List"]?.reply)
        try expect(NoParameters(), is: methods["Subscribe"]?.parameters)
        let event = SegmentEvent(.changed, name: try name(), segment: try segment(), lease: lease)
        try expect(event, is: methods["Subscribe"]?.reply)
        try expect(NoParameters(), is: methods["GetStatus"]?.parameters)
        try expect(status, is: methods["GetStatus"]?.reply)
        try expect(RemoveParameters(name: "n", when: .immediately), is: methods["Remove"]?.parameters)
        try expect(RenewParameters(name: "n", when: .immediately), is: methods["Renew"]?.parameters)
        try expect(NoParameters(), is: methods["Renew"]?.reply)
        try expect(NoParameters(), is: methods["Remove"]?.reply)
        try expect(ReloadParameters(removeAll: true), is: methods["Reload"]?.parameters)
        let names = [try name()]
        let outcome = ReloadOutcome(created: names, changed: names, removing: names, blocked: names)
        try expect(outcome, is: methods["Reload"]?.reply)
    }

    private func errors() throws -> [BrokerError] {
        [
            .noSuchSegment(name: "n"),
            .accessDenied(name: try name(), access: .readWrite, userID: 1, reason: "r"),
            .segmentBlocked(name: try name(), problem: problem), .segmentRemoving(name: try name()),
            .segmentInUse(name: try name(), attachments: 1, leases: [lease]), .noSuchLease(lease: "1"),
            .limitReached(limit: "connections", value: 1),
            .configurationInvalid(problems: [configurationProblem]),
        ]
    }

    @Test func `every error is written as it is described, and read back`() throws {
        let errors = try errors()
        #expect(errors.count == interface.errors.count)
        for error in errors + [.permissionDenied] {
            let prefix = "io.segmentd.Broker."
            if error.name.hasPrefix(prefix) {
                try expect(error, is: interface.errors[String(error.name.dropFirst(prefix.count))])
            }
            guard case .object(let object) = try json(error) else { return #expect(Bool(false)) }
            #expect(BrokerError(name: error.name, parameters: object) == error)
        }
    }

    @Test func `written records are read back`() throws {
        func back<Value: JSONEncodable & JSONDecodable>(_ value: Value) throws -> Value {
            guard case .object(let object) = try json(value) else { throw InvalidParameter("") }
            var reader = ParameterReader(object)
            return try Value(from: &reader)
        }
        #expect(try back(try segment()) == segment())
        #expect(try back(try grant()) == grant())
        var expected = status
        expected.kernelSizeLimit = ByteCount(bytes: UInt64(Int64.max))
        #expect(try back(status) == expected)
        let bare = SegmentDescription(
            name: try name(),
            state: .absent,
            size: ByteCount(bytes: 0),
            mode: [],
            group: "",
            keep: KeepPolicy(rawValue: "")
        )
        #expect(try back(bare) == bare)
    }

    @Test(arguments: [
        (#"{}"#, "name"), (#"{"name":1}"#, "name"), (#"{"name":"a","access":"write"}"#, "access"),
        (#"{"name":"a","access":1}"#, "access"), (#"{"name":"a","user":0}"#, "user"),
        (#"{"name":null}"#, "name"),
    ])
    func `a missing, mistyped or undeclared parameter is named`(
        text: String,
        parameter: String
    ) throws {
        guard case .object(let object) = try JSON(parsing: Array(text.utf8).span) else {
            return #expect(Bool(false))
        }
        #expect(throws: InvalidParameter(parameter)) { try AcquireParameters(object) }
    }

    @Test func `the file beside the code has the same text`() throws {
        let path = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .appending("Sources/SegmentInterface/io.segmentd.Broker.varlink")
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
        #expect(String(decoding: bytes[..<count], as: UTF8.self) == VarlinkInterface.broker.description)
    }

    @Test func `long text from a client is quoted in part`() {
        let text = String(repeating: "x", count: 1 << 20)
        for error in [BrokerError.noSuchSegment(name: text), .noSuchLease(lease: text)] {
            let writer = JSONWriter()
            error.encode(to: writer)
            #expect(writer.count < 1000)
        }
    }
}
