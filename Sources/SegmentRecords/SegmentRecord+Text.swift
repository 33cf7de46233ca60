import SegmentModel
import SystemVSharedMemory

/// The reason a record's text cannot be used.
package enum RecordDefect: Error, Equatable, Sendable {
    /// Another version of segmentd wrote it, in this format.
    case unknownFormat(String)
    /// The record is incomplete or malformed.
    case damaged
}

extension SegmentRecord {
    /// One fact per line, ending with `end` so that truncation is detected.
    var text: String {
        var lines = FactText(between: "\n")
        lines.add("segmentd-record", "1")
        lines.add("name", name.string)
        if let segment {
            segment.traits.add(to: &lines)
            if let identifier = segment.identifier { lines.add("identifier", identifier.rawValue) }
            if let created = segment.created { lines.add("created", created) }
        }
        if let replacing { lines.add("replacing", replacing.text) }
        if let request { lines.add("request", request.text) }
        for former in formerMemory { lines.add("former", former.text) }
        if let group = group?.text { lines.add("group", group) }
        lines.add("end\n")
        return lines.text
    }

    init(text: String) throws(RecordDefect) {
        // Split bytes, not characters: a single character may contain a line feed.
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map(Substring.init)[...]
        guard let first = lines.popFirst(), first.hasPrefix("segmentd-record ") else { throw .damaged }
        guard first == "segmentd-record 1" else { throw .unknownFormat(String(first.dropFirst(16))) }
        guard lines.popLast() == "", lines.popLast() == "end" else { throw .damaged }
        var facts = RecordFacts()
        var formerMemory: [FormerMemory] = []
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { throw .damaged }
            if parts[0] == "former" {
                guard let former = FormerMemory(text: parts[1]) else { throw .damaged }
                formerMemory.append(former)
            } else {
                try facts.add(parts[0], parts[1])
            }
        }
        guard let name = try facts.take("name", as: { SegmentName(String($0)) }) else { throw .damaged }
        self.init(
            name,
            segment: try Segment(&facts),
            replacing: try facts.take("replacing", as: Identity.init(text:)),
            request: try facts.take("request", as: Request.init(text:)),
            formerMemory: formerMemory,
            group: try facts.take("group", as: Group.init(text:))
        )
        guard facts.isEmpty, self != SegmentRecord(name), namesEachOnce else { throw .damaged }
    }

    /// Whether all identifiers of the record are distinct.
    private var namesEachOnce: Bool {
        let identifiers =
            [identifier, replacing?.identifier].compactMap(\.self) + formerMemory.map(\.identity.identifier)
        return Set(identifiers).count == identifiers.count
    }
}

extension SegmentRecord.Traits {
    fileprivate func add(to facts: inout FactText) {
        facts.add("key", key.description)
        facts.add("size", size)
        facts.add("creator", creatorUserID)
        if let creatorProcessID { facts.add("process", creatorProcessID) }
    }

    /// Fails if none of the facts is present.
    fileprivate init?(_ facts: inout RecordFacts) throws(RecordDefect) {
        let key = try facts.take("key", as: SegmentKey.init(hexadecimal:))
        let size = try facts.take("size", as: { UInt64($0) })
        let creator = try facts.take("creator", as: { UInt32($0) })
        let process = try facts.take("process", as: { Int32($0) })
        if key == nil, size == nil, creator == nil, process == nil { return nil }
        guard let key, let size, let creator else { throw .damaged }
        self.init(key: key, size: size, creatorUserID: creator, creatorProcessID: process)
    }
}

extension SegmentRecord.Segment {
    /// Fails if none of the facts is present.
    fileprivate init?(_ facts: inout RecordFacts) throws(RecordDefect) {
        let traits = try SegmentRecord.Traits(&facts)
        let identifier = try facts.take("identifier", as: SegmentIdentifier.init(decimal:))
        let created = try facts.take("created", as: { Int64($0) })
        if traits == nil, identifier == nil, created == nil { return nil }
        guard let traits else { throw .damaged }
        self.init(traits: traits, identifier: identifier, created: created)
    }
}

extension SegmentRecord.Identity {
    /// The identity in one line.
    fileprivate var text: String {
        var words = FactText(between: " ")
        words.add("identifier", identifier.rawValue)
        traits.add(to: &words)
        return words.text
    }

    fileprivate init?(text: Substring) {
        let words = text.split(separator: " ")
        guard words.count.isMultiple(of: 2) else { return nil }
        do throws(RecordDefect) {
            var facts = RecordFacts()
            for index in stride(from: 0, to: words.count, by: 2) {
                try facts.add(words[index], words[index + 1])
            }
            guard let identifier = try facts.take("identifier", as: SegmentIdentifier.init(decimal:)),
                let traits = try SegmentRecord.Traits(&facts), facts.isEmpty
            else { return nil }
            self.init(identifier: identifier, traits: traits)
        } catch {
            return nil
        }
    }
}

extension SegmentRecord.FormerMemory {
    private static let holding = " holds-name"

    fileprivate var text: String { identity.text + (holdsName ? Self.holding : "") }

    fileprivate init?(text: Substring) {
        let holdsName = text.hasSuffix(Self.holding)
        let identity = holdsName ? text.dropLast(Self.holding.count) : text
        guard let identity = SegmentRecord.Identity(text: identity) else { return nil }
        self.init(identity, holdsName: holdsName)
    }
}

extension SegmentRecord.Request {
    fileprivate var text: String { verb.rawValue + (isNow ? " now" : "") }

    fileprivate init?(text: Substring) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 1 || words.count == 2 && words[1] == "now",
            let verb = Verb(rawValue: String(words[0]))
        else { return nil }
        self.init(verb, isNow: words.count == 2)
    }
}

extension SegmentRecord.Group {
    /// The number, then the name to the end of the line; nil if the name does not fit in a line.
    fileprivate var text: String? {
        guard let name else { return "\(number)" }
        return name.isEmpty || name.utf8.contains(UInt8(ascii: "\n")) ? nil : "\(number) \(name)"
    }

    fileprivate init?(text: Substring) {
        let digits = text.utf8.prefix { $0 != UInt8(ascii: " ") }
        let name = text.utf8.dropFirst(digits.count + 1)
        guard let number = UInt32(Substring(digits)), digits.count == text.utf8.count || !name.isEmpty else {
            return nil
        }
        self.init(name: name.isEmpty ? nil : String(Substring(name)), number: number)
    }
}

/// Builds the text of facts, each as `name value`.
///
/// A start writes each record twice, and appending bytes is three times as fast as appending strings.
private struct FactText {
    private var bytes: [UInt8] = []
    private let separator: UInt8

    init(between separator: Unicode.Scalar) {
        self.separator = UInt8(ascii: separator)
        bytes.reserveCapacity(160)
    }

    mutating func add(_ name: String) {
        if !bytes.isEmpty { bytes.append(separator) }
        bytes += name.utf8
    }

    mutating func add(_ name: String, _ value: String) {
        add(name)
        bytes.append(UInt8(ascii: " "))
        bytes += value.utf8
    }

    mutating func add(_ name: String, _ number: some FixedWidthInteger) {
        add(name)
        bytes.append(UInt8(ascii: " "))
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = number.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Parsed facts by name; each may occur once and is taken once.
private struct RecordFacts {
    private var values: [Substring: Substring] = [:]

    var isEmpty: Bool { values.isEmpty }

    mutating func add(_ name: Substring, _ value: Substring) throws(RecordDefect) {
        guard values.updateValue(value, forKey: name) == nil else { throw .damaged }
    }

    /// Removes and returns a fact; nil if there is none, and throws if it cannot be parsed.
    mutating func take<Value>(
        _ name: Substring,
        as read: (Substring) -> Value?
    ) throws(RecordDefect) -> Value? {
        guard let text = values.removeValue(forKey: name) else { return nil }
        guard let value = read(text) else { throw .damaged }
        return value
    }
}

extension SegmentKey {
    fileprivate init?(hexadecimal text: Substring) {
        guard text.hasPrefix("0x"), let bits = UInt32(text.dropFirst(2), radix: 16) else { return nil }
        self.init(bits: bits)
    }
}

extension SegmentIdentifier {
    fileprivate init?(decimal text: Substring) {
        guard let number = Int32(text) else { return nil }
        self.init(rawValue: number)
    }
}
