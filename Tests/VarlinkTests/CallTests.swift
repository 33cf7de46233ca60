import Testing

@testable import Varlink

@Suite struct CallTests {
    private func call(_ text: String) throws -> Call {
        try Call(parsing: Array(text.utf8).span)
    }

    @Test(arguments: [
        (#"{"method":"a.b.C"}"#, Call.Mode.plain), (#"{"method":"a.b.C","parameters":null}"#, .plain),
        (#"{"method":"a.b.C","parameters":{},"more":true}"#, .more),
        (#"{"method":"a.b.C","oneway":true,"more":false}"#, .oneway),
        (#"{"method":"a.b.C","org.example.vendor":[1]}"#, .plain),
        (#" { "method" : "a.b.C" , "org.example.vendor" : { "method" : { } } , "more" : true } "#, .more),
    ])
    func `a call is parsed`(text: String, mode: Call.Mode) throws {
        #expect(try call(text) == Call(method: "a.b.C", mode: mode))
    }

    @Test(arguments: [
        ("[]", CallError.notAnObject), ("{}", .noMethod), (#"{"method":1}"#, .wrongType(member: "method")),
        (#"{"method":"a.b.C","x":1}"#, .unknownMember("x")),
        (#"{"method":"a.b.C","parameters":[]}"#, .wrongType(member: "parameters")),
        (#"{"method":"a.b.C","more":true,"oneway":true}"#, .contradiction),
        (#"{"method":"a.b.C","upgrade":true}"#, .upgradeUnsupported),
        (#"{"method":"a.b.C","more":null}"#, .wrongType(member: "more")),
        (#"{"method":"a.b.C","x":1,"parameters":[]}"#, .unknownMember("x")),
        (#"{"method":"a.b.C","parameters":[],"x":1}"#, .wrongType(member: "parameters")),
        (#"{"method":"a.b.C","morex":true}"#, .unknownMember("morex")),
        ("[1", .malformed(JSONError(reason: .unexpectedEnd, offset: 2))),
        (#"{"x":1,"method":}"#, .malformed(JSONError(reason: .unexpectedByte(0x7d), offset: 16))),
        (#"{"method":"a.b.C"}1"#, .malformed(JSONError(reason: .trailingBytes, offset: 18))),
        (
            #"{"method":"a.b.C","m\u0065thod":"a.b.C"}"#,
            .malformed(JSONError(reason: .duplicateMember("method"), offset: 18))
        ),
        (
            #"{"parameters":null,"parameters":{}}"#,
            .malformed(JSONError(reason: .duplicateMember("parameters"), offset: 19))
        ),
        (#"{"a.b":1,"a.b":1}"#, .malformed(JSONError(reason: .duplicateMember("a.b"), offset: 9))),
    ])
    func `a message that is not a call is refused with the reason`(text: String, error: CallError) {
        #expect(throws: error) { try call(text) }
    }

    @Test func `messages are split at zero bytes, however they arrive`() throws {
        let frames = FrameDecoder(maximumLength: 8)
        for byte in Array("[1]\0 [2] \0[3".utf8) { frames.append([byte].span) }
        #expect(try frames.next() == .array([.integer(1)]))
        #expect(try frames.next() == .array([.integer(2)]))
        #expect(try frames.next() == nil)
        #expect(frames.bufferedBytes == 2)
        frames.append(Array("]\0".utf8).span)
        #expect(try frames.next() == .array([.integer(3)]))
    }

    @Test func `a message that is too long is refused before it is complete`() {
        let frames = FrameDecoder(maximumLength: 4)
        frames.append(Array("[1,2,".utf8).span)
        #expect(throws: FrameError.tooLong(limit: 4)) { try frames.next() }
    }

    @Test(arguments: [100, 5000, 60_000, 1 << 20], [0, 1, 8])
    func `the memory of a long message is freed, whatever follows it`(
        length: Int,
        remainder: Int
    ) throws {
        let frames = FrameDecoder(maximumLength: 1 << 20)
        let message = Array(repeatElement(UInt8(ascii: " "), count: length - 3)) + Array("[1]".utf8) + [0]
        frames.append((message + Array("[2]\0[2]\0".utf8.prefix(remainder))).span)
        #expect(try frames.next() == .array([.integer(1)]))
        #expect(frames.bufferedBytes == remainder)
        #expect(frames.capacity <= 1 << 13)
    }

    @Test func `returned messages are not kept, even while complete ones wait`() throws {
        let frames = FrameDecoder(maximumLength: 8)
        for _ in 0..<10_000 {
            frames.append(Array("[1]\0[2]\0".utf8).span)
            _ = try frames.next()
            _ = try frames.next()
            frames.append(Array("[3]\0".utf8).span)
            let holdsMessage = frames.holdsMessage
            #expect(holdsMessage)
            #expect(frames.messageLength == 3)
            #expect(frames.bufferedBytes == 4)
            _ = try frames.next()
        }
    }

    @Test func `a message without a byte is malformed`() {
        let frames = FrameDecoder(maximumLength: 4)
        frames.append([0].span)
        #expect(throws: FrameError.malformed(JSONError(reason: .unexpectedEnd, offset: 0))) {
            try frames.next()
        }
    }
}

@Suite struct StandardInterfaceErrorTests {
    private func parameters(_ error: StandardInterfaceError) -> String {
        let writer = JSONWriter()
        error.encode(to: writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `short text from a peer is quoted unchanged`() {
        #expect(parameters(.methodNotFound("a.b.é")) == #"{"method":"a.b.é"}"#)
    }

    @Test(arguments: ["x", "é", "\u{1}"])
    func `long text from a peer is quoted in part`(character: String) {
        let text = String(repeating: character, count: 1 << 20)
        let errors: [StandardInterfaceError] = [
            .interfaceNotFound(text), .methodNotFound(text), .invalidParameter(text),
        ]
        for error in errors {
            #expect(parameters(error).utf8.count < 2000)
        }
    }
}
