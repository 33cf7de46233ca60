package import SystemPackage

/// A segment's memory in this process: attached when made, detached when it ends.
///
/// Exclusivity is this process's only. Other processes write at will, so what is read is input from a stranger, and
/// words that both sides change while both run need atomics.
@safe
package struct Attachment: ~Copyable, Sendable {
    package let identifier: SegmentIdentifier
    /// In bytes.
    package let size: Int
    private let address: AttachmentAddress

    /// Attaches a segment of a known size.
    ///
    /// shmat(2); EACCES, EIDRM, EINVAL, ENOMEM.
    package init(_ identifier: SegmentIdentifier, size: Int, readOnly: Bool) throws(Errno) {
        address = try LinuxKernel().attach(identifier, readOnly: readOnly)
        self.identifier = identifier
        self.size = size
    }

    deinit {
        try? LinuxKernel().detach(address)
    }

    /// Detaches the memory, as the end of the attachment does; shmdt(2).
    package consuming func detach() throws(Errno) {
        let address = address
        discard self
        try LinuxKernel().detach(address)
    }

    /// The mapped bytes, valid while the attachment lives.
    ///
    /// For words that both sides change while both run. Not to be written where the attachment is read-only.
    package var unsafeBytes: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: address.rawValue),
            count: size
        )
    }

    package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(unsafeBytes).bytes)
    }

    /// For writing; the caller has made sure that the attachment is not read-only.
    package mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe unsafeBytes.mutableBytes
        return try body(&span)
    }
}

/// Where a segment is mapped in this process: what shmat(2) returned.
///
/// It keeps nothing attached by itself.
package struct AttachmentAddress: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt

    package init(rawValue: UInt) {
        self.rawValue = rawValue
    }
}
