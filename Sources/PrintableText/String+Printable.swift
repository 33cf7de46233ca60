extension String {
    /// The text made safe to show on a terminal or in a log, whoever wrote it.
    ///
    /// As ps(1) does, replaces each scalar that a terminal would obey instead of showing with `?`: control
    /// characters (C0, DEL and C1, newline and tab included), line and paragraph separators, invisible format
    /// characters such as those that reverse the direction of writing, private-use and unassigned scalars.
    /// Joiners inside words stay.
    ///
    /// ```swift
    /// "\u{1b}[2Jsensor".printable  // "?[2Jsensor"
    /// ```
    package var printable: String {
        // Most text is plain ASCII, and checking bytes is faster than checking scalars.
        let isPlain = unsafe utf8.withContiguousStorageIfAvailable { bytes in
            unsafe bytes.allSatisfy { (0x20..<0x7f).contains($0) }
        }
        if isPlain == true { return self }
        guard unicodeScalars.contains(where: { !$0.isPrintable }) else { return self }
        var shown = UnicodeScalarView()
        shown.append(contentsOf: unicodeScalars.lazy.map { $0.isPrintable ? $0 : "?" })
        return String(shown)
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        if isASCII { return (0x20..<0x7f).contains(value) }
        switch properties.generalCategory {
        case .control, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
        case .format: return self == "\u{200c}" || self == "\u{200d}"
        default: return true
        }
    }
}
