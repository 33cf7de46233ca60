package import SegmentModel
import SystemPackage
package import Varlink

extension DaemonStatus: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            version: try reader.string("version"),
            processID: try reader.integer("processId"),
            startedMicroseconds: try reader.integer("startedUSec"),
            configurationDirectory: FilePath(try reader.string("configuration")),
            segmentCount: try reader.integer("segments"),
            blockedCount: try reader.integer("blocked"),
            leaseCount: try reader.integer("leases"),
            connectionCount: try reader.integer("connections"),
            totalSize: ByteCount(bytes: try reader.integer("segmentBytes")),
            ipcNamespace: try reader.integer("ipcNamespace"),
            kernelSegmentCount: try reader.integer("kernelSegments"),
            kernelSegmentLimit: try reader.integer("kernelSegmentsMax"),
            kernelSizeLimit: ByteCount(bytes: try reader.integer("kernelSegmentBytesMax")),
            warnings: try reader.objects("warnings")
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("version", version)
        writer.member("processId", processID)
        writer.member("startedUSec", startedMicroseconds)
        writer.member("configuration", configurationDirectory.string)
        writer.member("segments", segmentCount)
        writer.member("blocked", blockedCount)
        writer.member("leases", leaseCount)
        writer.member("connections", connectionCount)
        writer.member("segmentBytes", totalSize.bytes)
        writer.member("ipcNamespace", ipcNamespace)
        writer.member("kernelSegments", kernelSegmentCount)
        writer.member("kernelSegmentsMax", kernelSegmentLimit)
        // The kernel's default, ULONG_MAX - 2^24 pages, does not fit on the wire; send the largest number
        // that does.
        writer.member("kernelSegmentBytesMax", kernelSizeLimit.bytes)
        writer.member("warnings", warnings)
        writer.endObject()
    }
}
