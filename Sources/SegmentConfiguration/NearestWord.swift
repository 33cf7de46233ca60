/// Finds the word that a mistyped one was probably meant to be.
enum NearestWord {
    static func of(_ word: String, among words: [String]) -> String? {
        let word = Array(word.utf8)
        let furthest = max(1, word.count / 3)
        // Skip words whose length alone differs by more; that rules out most, and there may be very many.
        return words.filter { abs($0.utf8.count - word.count) <= furthest }
            .map { (word: $0, distance: distance(word, Array($0.utf8))) }
            .filter { $0.distance <= furthest }
            .min { $0.distance < $1.distance }?.word
    }

    /// Returns the edit distance: how many letters to insert, delete or replace.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
