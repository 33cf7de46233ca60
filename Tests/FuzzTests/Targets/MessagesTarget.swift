import Varlink

/// Messages do not depend on how their bytes arrive, what is parsed is written alike, and a call matches its
/// JSON.
enum MessagesTarget {
    static func run(_ bytes: [UInt8]) {
        let whole = messages(bytes, pieces: bytes.count)
        // The first byte selects how the rest is split.
        let pieces = messages(bytes, pieces: Int(bytes.first ?? 0) % 7 + 1)
        precondition(whole == pieces, "the messages depend on how they arrive")
        for case .success(let json) in whole {
            let writer = JSONWriter()
            json.encode(to: writer)
            guard case .success(let again) = parse(writer.bytes) else {
                preconditionFailure("what was written cannot be read")
            }
            precondition(again == json, "what was written is something else")
            if let call = try? Call(parsing: writer.bytes.span) {
                precondition(says(json, call), "the call is another than its members say")
            }
        }
    }

    private static func says(_ json: JSON, _ call: Call) -> Bool {
        guard case .object(let object) = json else { return false }
        return object["method"] == .string(call.method)
            && [.object(call.parameters), .null, nil].contains(object["parameters"])
            && (object["oneway"] == .bool(true)) == (call.mode == .oneway)
            && (object["more"] == .bool(true)) == (call.mode == .more)
    }

    /// Returns all messages up to the first that cannot be decoded.
    private static func messages(_ bytes: [UInt8], pieces: Int) -> [Result<JSON, FrameError>] {
        let frames = FrameDecoder(maximumLength: 1000)
        var messages: [Result<JSON, FrameError>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            frames.append(Array(rest.prefix(pieces)).span)
            rest = rest.dropFirst(pieces)
            do throws(FrameError) {
                while let message = try frames.next() { messages.append(.success(message)) }
            } catch {
                return messages + [.failure(error)]
            }
            precondition(frames.bufferedBytes <= 1000 + pieces, "more is kept than must be")
        }
        return messages
    }

    private static func parse(_ text: [UInt8]) -> Result<JSON, JSONError> {
        do throws(JSONError) { return .success(try JSON(parsing: text.span)) } catch {
            return .failure(error)
        }
    }
}
