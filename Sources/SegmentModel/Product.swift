/// The product as a whole.
package enum Product {
    /// The version that `--version` and GetInfo report.
    package static let version = "0.1.0"
}
