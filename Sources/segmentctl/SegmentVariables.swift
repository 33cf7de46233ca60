import SegmentClient
import SegmentModel

/// The variables by which `segmentctl run` tells a command of a segment.
enum SegmentVariables {
    /// A name in upper case, with `_` for what no variable may have.
    static func suffix(_ name: String) -> String {
        String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    static func of(_ grant: Grant) -> [(name: String, value: String)] {
        let suffix = suffix(grant.name.string)
        return [
            ("SEGMENT_KEY_\(suffix)", grant.key.description),
            ("SEGMENT_ID_\(suffix)", grant.identifier.description),
            ("SEGMENT_SIZE_\(suffix)", String(grant.size.bytes)),
        ]
    }
}
