/// JSON with a line for each member, indented by two spaces.
enum PrettyJSON {
    /// `bytes` is JSON without white space outside of strings.
    static func bytes(_ bytes: [UInt8]) -> [UInt8] {
        var pretty: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        func newLine() {
            pretty.append(UInt8(ascii: "\n"))
            pretty.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
        }
        for (index, byte) in bytes.enumerated() {
            if isInString {
                pretty.append(byte)
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                pretty.append(byte)
                // `{` and `[` are two less than `}` and `]`.
                if bytes[index + 1] != byte + 2 {
                    depth += 1
                    newLine()
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if bytes[index - 1] != byte - 2 {
                    depth -= 1
                    newLine()
                }
                pretty.append(byte)
            case UInt8(ascii: ","):
                pretty.append(byte)
                newLine()
            case UInt8(ascii: ":"):
                pretty += [byte, UInt8(ascii: " ")]
            default:
                isInString = byte == UInt8(ascii: "\"")
                pretty.append(byte)
            }
        }
        return pretty
    }
}
