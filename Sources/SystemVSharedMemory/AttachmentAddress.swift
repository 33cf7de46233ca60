/// Where a segment is mapped in this process: what shmat(2) returned.
///
/// It keeps nothing attached by itself.
package struct AttachmentAddress: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt

    package init(rawValue: UInt) {
        self.rawValue = rawValue
    }
}
