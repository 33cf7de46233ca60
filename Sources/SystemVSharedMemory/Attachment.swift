package import SystemPackage

/// A segment mapped into this process: attached by `init`, detached at the end of its life.
///
/// Exclusivity holds in this process only. Other processes write at any time, so treat what is read as
/// untrusted input, and use atomics for words that both sides change.
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
    /// Intended for atomics on words that both sides change. Writing is not allowed if the attachment is
    /// read-only.
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

    /// Calls `body` with the mapped bytes for writing; the attachment must not be read-only.
    package mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe unsafeBytes.mutableBytes
        return try body(&span)
    }
}

/// The address of a mapped segment in this process, as shmat(2) returned it.
///
/// It does not keep the segment attached.
package struct AttachmentAddress: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt

    package init(rawValue: UInt) {
        self.rawValue = rawValue
    }
}
