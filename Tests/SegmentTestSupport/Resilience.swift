import Glibc

/// The rows of the table that `make resilience` prints, collected in the file that `$RESILIENCE` names.
package enum Resilience {
    /// Says how often something was tried, once all of it has been.
    ///
    /// There is nothing to say of losses: one fails its test, and then there is no table. Without the variable nothing
    /// is written.
    package static func record(_ trial: String, tries: Int, test: String) {
        guard let path = getenv("RESILIENCE"), let file = fopen(String(cString: path), "a") else { return }
        fputs("\(trial)\t\(tries)\t\(test)\n", file)
        fclose(file)
    }
}
