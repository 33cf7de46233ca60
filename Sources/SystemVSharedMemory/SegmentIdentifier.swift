/// The number by which the kernel knows an existing segment: what shmget(2) returns and shmat(2) takes.
package struct SegmentIdentifier: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package var description: String { String(rawValue) }
}
