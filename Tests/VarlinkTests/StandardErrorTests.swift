import Testing

@testable import Varlink

@Suite struct StandardErrorTests {
    private func parameters(_ error: StandardError) -> String {
        let writer = JSONWriter()
        error.encode(to: writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `what a peer sent is quoted back as it is`() {
        #expect(parameters(.methodNotFound("a.b.é")) == #"{"method":"a.b.é"}"#)
    }

    @Test(arguments: ["x", "é", "\u{1}"])
    func `what a peer sent is quoted back in part where it is long`(character: String) {
        let text = String(repeating: character, count: 1 << 20)
        for error in [StandardError.interfaceNotFound(text), .methodNotFound(text), .invalidParameter(text)] {
            #expect(parameters(error).utf8.count < 2000)
        }
    }
}
