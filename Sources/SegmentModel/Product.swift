/// What is built here.
package enum Product {
    /// What `--version` and GetInfo say.
    package static let version = "0.1.0"
}
