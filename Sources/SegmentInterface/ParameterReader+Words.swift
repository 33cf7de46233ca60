import SegmentModel
import Varlink

/// Readers for parameters that are names or enumerated words.
///
/// They are in this module because their types are known here; in another module, every call would look them
/// up at run time.
extension ParameterReader {
    mutating func optionalWord<Word: RawRepresentable<String>>(
        _ name: String,
        as type: Word.Type = Word.self
    ) throws(InvalidParameter) -> Word? {
        guard let string = try optionalString(name) else { return nil }
        guard let word = Word(rawValue: string) else { throw InvalidParameter(name) }
        return word
    }

    mutating func segmentName(_ name: String) throws(InvalidParameter) -> SegmentName {
        guard let value = SegmentName(received: try string(name)) else { throw InvalidParameter(name) }
        return value
    }

    mutating func optionalNames(_ name: String) throws(InvalidParameter) -> [SegmentName]? {
        try optionalStrings(name)?.compactMap(SegmentName.init(received:))
    }

    mutating func names(_ name: String) throws(InvalidParameter) -> [SegmentName] {
        try strings(name).compactMap(SegmentName.init(received:))
    }
}
