extension String {
    /// What a peer has sent, as it is sent back in an error: whole where it may be a name, else its beginning.
    package var quotedBack: String {
        utf8.count <= Self.longestQuoted
            ? self : String(decoding: utf8.prefix(Self.longestQuoted), as: UTF8.self) + "…"
    }

    /// In bytes: a name is shorter.
    private static let longestQuoted = 256
}
