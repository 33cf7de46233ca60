import SegmentModel
import SystemVSharedMemory

/// Why the text of a record cannot be used.
package enum RecordDefect: Error, Equatable, Sendable {
    /// Written by another version of segmentd, in this format.
    case unknownFormat(String)
    /// Not a whole record.
    case damaged
}

extension SegmentRecord {
    /// One line a fact, closed by `end`, so that a cut-off record is seen to be one.
    var text: String {
        var text = "segmentd-record 1\nname \(name)\nkey \(key)\nsize \(size)\ncreator \(creatorUserID)\n"
        if let identifier { text += "identifier \(identifier)\n" }
        if let created { text += "created \(created)\n" }
        return text + "end\n"
    }

    init(text: String) throws(RecordDefect) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard let first = lines.popFirst(), first.hasPrefix("segmentd-record ") else { throw .damaged }
        guard first == "segmentd-record 1" else { throw .unknownFormat(String(first.dropFirst(16))) }
        guard lines.popLast() == "", lines.popLast() == "end" else { throw .damaged }
        var facts: [Substring: Substring] = [:]
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, facts.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw .damaged
            }
        }
        guard let name = facts.removeValue(forKey: "name").flatMap({ SegmentName(String($0)) }),
            let hex = facts.removeValue(forKey: "key"), hex.hasPrefix("0x"),
            let bits = UInt32(hex.dropFirst(2), radix: 16),
            let size = facts.removeValue(forKey: "size").flatMap({ UInt64($0) }),
            let creator = facts.removeValue(forKey: "creator").flatMap({ UInt32($0) })
        else { throw .damaged }
        let identifier = facts.removeValue(forKey: "identifier")
        let created = facts.removeValue(forKey: "created")
        guard facts.isEmpty, identifier == nil || identifier.flatMap({ Int32($0) }) != nil,
            created == nil || created.flatMap({ Int64($0) }) != nil
        else { throw .damaged }
        self.init(
            name: name,
            key: SegmentKey(bits: bits),
            size: size,
            creatorUserID: creator,
            identifier: identifier.flatMap { Int32($0) }.map(SegmentIdentifier.init(rawValue:)),
            created: created.flatMap { Int64($0) }
        )
    }
}
