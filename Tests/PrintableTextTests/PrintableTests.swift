import PrintableText
import Testing

struct PrintableTests {
    @Test(arguments: [
        ("sensor data", "sensor data"),
        ("", ""),
        ("\u{1b}[2J\u{1b}]0;title\u{7}", "?[2J?]0;title?"),
        ("a\nb\tc\r", "a?b?c?"),
        ("\u{7f}\u{80}\u{9b}31m\u{9f}", "???31m?"),
        ("a\u{202e}b\u{2066}c\u{feff}", "a?b?c?"),
        ("a\u{2028}b\u{2029}c", "a?b?c"),
        ("\u{e000}\u{10ffff}\u{378}", "???"),
        ("größe 大小 👩\u{200d}🔬 می\u{200c}خواهم", "größe 大小 👩\u{200d}🔬 می\u{200c}خواهم"),
        ("\0", "?"),
    ])
    func `control characters are shown as question marks`(text: String, shown: String) {
        #expect(text.printable == shown)
    }
}
