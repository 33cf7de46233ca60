import SegmentClient
import SegmentInterface
import SystemPackage
import SystemVSharedMemory
import Varlink

/// A segment as the kernel alone knows it: without a name.
struct KernelSegment: JSONEncodable {
    let identifier: SegmentIdentifier
    let status: SegmentStatus
    let memory: SegmentMemory?

    /// Every segment of the IPC namespace, in order of identifier.
    static func all() throws(Failure) -> [KernelSegment] {
        let kernel = LinuxKernel()
        let memory = kernel.memory()
        do throws(Errno) {
            return try kernel.allSegments()
                .map { KernelSegment(identifier: $0.key, status: $0.value, memory: memory[$0.key]) }
                .sorted { $0.identifier.rawValue < $1.identifier.rawValue }
        } catch {
            throw Failure("the kernel's segments cannot be read: \(error)")
        }
    }

    /// The members of the wire's Segment that the kernel can tell.
    func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("key", status.key.rawValue)
        writer.member("keyHex", status.key.description)
        writer.member("identifier", identifier.rawValue)
        writer.member("sizeBytes", status.size)
        writer.member("mode", status.mode.octal)
        writer.member("group", People.group(status.ownerGroupID))
        writer.member("attachments", status.attachmentCount)
        writer.member("residentBytes", memory?.resident)
        writer.member("swappedBytes", memory?.swapped)
        writer.endObject()
    }
}
