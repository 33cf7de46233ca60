/// Returns a number with its noun, for people: `1 segment`, `2 segments`.
package func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
}
