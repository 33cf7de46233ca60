/// A Varlink interface description, parsed as far as needed to compare it with the code.
struct InterfaceDescription {
    indirect enum Shape: Equatable {
        case named(String)
        case optional(Shape)
        case array(Shape)
        case structure([String: Shape])
        case enumeration([String])
    }

    var types: [String: Shape] = [:]
    var methods: [String: (parameters: Shape, reply: Shape)] = [:]
    var errors: [String: Shape] = [:]

    struct SyntaxError: Error {
        var near: String
    }

    private var words: ArraySlice<String>

    init(_ text: String) throws {
        let code = text.split(separator: "\n").filter { !$0.drop(while: { $0 == " " }).hasPrefix("#") }
        var words: [String] = []
        var word = ""
        for character in code.joined(separator: "\n") + "\n" {
            if character.isLetter || character.isNumber || character == "_" || character == "." {
                word.append(character)
                continue
            }
            if !word.isEmpty { words.append(word) }
            word = ""
            if !character.isWhitespace { words.append(String(character)) }
        }
        self.words = words[...]
        try take("interface")
        _ = try next()
        while let keyword = self.words.popFirst() {
            let name = try next()
            switch keyword {
            case "type": types[name] = try shape()
            case "error": errors[name] = try shape()
            case "method":
                let parameters = try shape()
                try take("-")
                try take(">")
                methods[name] = (parameters, try shape())
            default: throw SyntaxError(near: keyword)
            }
        }
    }

    private mutating func next() throws -> String {
        guard let word = words.popFirst() else { throw SyntaxError(near: "the end") }
        return word
    }

    private mutating func take(_ expected: String) throws {
        let word = try next()
        guard word == expected else { throw SyntaxError(near: word) }
    }

    private mutating func shape() throws -> Shape {
        switch try next() {
        case "?": return .optional(try shape())
        case "[":
            try take("]")
            return .array(try shape())
        case "(": return try members()
        case let name: return .named(name)
        }
    }

    private mutating func members() throws -> Shape {
        var fields: [String: Shape] = [:]
        var values: [String] = []
        while words.first != ")" {
            let name = try next()
            if words.first == ":" {
                _ = try next()
                fields[name] = try shape()
            } else {
                values.append(name)
            }
            if words.first == "," { _ = try next() }
        }
        try take(")")
        return values.isEmpty ? .structure(fields) : .enumeration(values)
    }
}
