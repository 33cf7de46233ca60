package import SegmentModel
package import Varlink

extension DaemonStatus: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            version: try reader.string("version"),
            processID: try reader.integer("processId"),
            started: try reader.integer("startedUSec"),
            configuration: try reader.string("configuration"),
            segments: try reader.integer("segments"),
            blocked: try reader.integer("blocked"),
            leases: try reader.integer("leases"),
            connections: try reader.integer("connections"),
            segmentBytes: try reader.integer("segmentBytes"),
            ipcNamespace: try reader.integer("ipcNamespace"),
            kernelSegments: try reader.integer("kernelSegments"),
            kernelSegmentsMax: try reader.integer("kernelSegmentsMax"),
            kernelSegmentBytesMax: try reader.integer("kernelSegmentBytesMax"),
            warnings: try reader.objects("warnings")
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("version", version)
        writer.member("processId", processID)
        writer.member("startedUSec", started)
        writer.member("configuration", configuration)
        writer.member("segments", segments)
        writer.member("blocked", blocked)
        writer.member("leases", leases)
        writer.member("connections", connections)
        writer.member("segmentBytes", segmentBytes)
        writer.member("ipcNamespace", ipcNamespace)
        writer.member("kernelSegments", kernelSegments)
        writer.member("kernelSegmentsMax", kernelSegmentsMax)
        // The kernel's default, ULONG_MAX - 2^24 pages, does not fit on the wire; send the largest number
        // that does.
        writer.member("kernelSegmentBytesMax", kernelSegmentBytesMax)
        writer.member("warnings", warnings)
        writer.endObject()
    }
}
