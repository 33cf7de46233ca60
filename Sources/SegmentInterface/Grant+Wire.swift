package import SegmentModel
import SystemVSharedMemory
package import Varlink

extension Grant: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            lease: try reader.string("lease"),
            name: try reader.segmentName("name"),
            key: SegmentKey(rawValue: try reader.integer("key")),
            identifier: SegmentIdentifier(rawValue: try reader.integer("identifier")),
            size: ByteCount(bytes: try reader.integer("sizeBytes")),
            access: try reader.word("access"),
            creatorUserID: try reader.integer("creatorUserId"),
            changeTime: try reader.integer("changeTimeSec"),
            ipcNamespace: try reader.integer("ipcNamespace")
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("lease", lease)
        writer.member("name", name.string)
        writer.member("key", key.rawValue)
        writer.member("identifier", identifier.rawValue)
        writer.member("sizeBytes", size.bytes)
        writer.member("access", access.rawValue)
        writer.member("creatorUserId", creatorUserID)
        writer.member("changeTimeSec", changeTime)
        writer.member("ipcNamespace", ipcNamespace)
        writer.endObject()
    }
}
