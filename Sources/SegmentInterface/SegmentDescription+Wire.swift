package import SegmentModel
import SystemPackage
import SystemVSharedMemory
package import Varlink

extension SegmentDescription: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        let mode = try reader.string("mode")
        guard let bits = CModeT(mode, radix: 8) else { throw InvalidParameter("mode") }
        self.init(
            name: try reader.segmentName("name"),
            state: SegmentState(rawValue: try reader.string("state")),
            size: ByteCount(bytes: try reader.integer("sizeBytes")),
            mode: FilePermissions(rawValue: bits),
            group: try reader.string("group"),
            keep: KeepPolicy(rawValue: try reader.string("keep"))
        )
        summary = try reader.optionalString("description")
        problems = try reader.objects("problems")
        key = try reader.optionalInteger("key").map(SegmentKey.init(rawValue:))
        identifier = try reader.optionalInteger("identifier").map(SegmentIdentifier.init(rawValue:))
        attachmentCount = try reader.integer("attachments")
        leases = try reader.objects("leases")
        // An older daemon sends all leases and no count.
        leaseCount = max(leases.count, try reader.optionalInteger("leaseCount") ?? 0)
        if let resident = try reader.optionalInteger("residentBytes", as: UInt64.self) {
            memory = SegmentMemory(
                resident: resident,
                swapped: try reader.optionalInteger("swappedBytes") ?? 0
            )
        }
        keyPath = try reader.optionalString("keyPath").map { FilePath($0) }
        keyProjectID = try reader.optionalInteger("keyProject")
        createdMicroseconds = try reader.optionalInteger("createdUSec")
        lastAttachMicroseconds = try reader.optionalInteger("lastAttachUSec")
        lastDetachMicroseconds = try reader.optionalInteger("lastDetachUSec")
        configurationFile = try reader.optionalString("configurationFile").map { FilePath($0) }
        hints = try reader.optionalObjects("hints") ?? []
        formerMemory = try reader.optionalObjects("formerMemory") ?? []
        creatorUserID = try reader.optionalInteger("creatorUserId")
        creatorProcessID = try reader.optionalInteger("creatorProcessId")
        lastProcessID = try reader.optionalInteger("lastProcessId")
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("name", name.string)
        writer.member("description", summary)
        writer.member("state", state.rawValue)
        writer.member("problems", problems)
        writer.member("key", key?.rawValue)
        writer.member("keyHex", key?.description)
        writer.member("identifier", identifier?.rawValue)
        writer.member("sizeBytes", size.bytes)
        writer.member("mode", mode.octal)
        writer.member("group", group)
        writer.member("keep", keep.rawValue)
        writer.member("attachments", attachmentCount)
        writer.member("leases", leases)
        writer.member("leaseCount", leaseCount)
        writer.member("residentBytes", memory?.resident)
        writer.member("swappedBytes", memory?.swapped)
        writer.member("keyPath", keyPath?.string)
        writer.member("keyProject", keyProjectID)
        writer.member("createdUSec", createdMicroseconds)
        writer.member("lastAttachUSec", lastAttachMicroseconds)
        writer.member("lastDetachUSec", lastDetachMicroseconds)
        writer.member("configurationFile", configurationFile?.string)
        writer.member("hints", hints)
        writer.member("formerMemory", formerMemory)
        writer.member("creatorUserId", creatorUserID)
        writer.member("creatorProcessId", creatorProcessID)
        writer.member("lastProcessId", lastProcessID)
        writer.endObject()
    }
}

extension FormerMemory: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            identifier: SegmentIdentifier(rawValue: try reader.integer("identifier")),
            attachmentCount: try reader.integer("attachments"),
            size: ByteCount(bytes: try reader.integer("sizeBytes"))
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("identifier", identifier.rawValue)
        writer.member("attachments", attachmentCount)
        writer.member("sizeBytes", size.bytes)
        writer.endObject()
    }
}

extension SegmentProblem: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            Kind(rawValue: try reader.string("kind")),
            message: try reader.string("message"),
            remedy: try reader.optionalString("remedy")
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("kind", kind.rawValue)
        writer.member("message", message)
        writer.member("remedy", remedy)
        writer.endObject()
    }
}

extension Lease: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            identifier: try reader.string("lease"),
            access: Access(rawValue: try reader.string("access")),
            processID: try reader.integer("processId"),
            userID: try reader.integer("userId"),
            userName: try reader.optionalString("userName"),
            command: try reader.optionalString("command"),
            sinceMicroseconds: try reader.integer("sinceUSec"),
            segment: try reader.optionalInteger("identifier").map(SegmentIdentifier.init(rawValue:))
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("lease", identifier)
        writer.member("access", access.rawValue)
        writer.member("processId", processID)
        writer.member("userId", userID)
        writer.member("userName", userName)
        writer.member("command", command)
        writer.member("sinceUSec", sinceMicroseconds)
        writer.member("identifier", segment?.rawValue)
        writer.endObject()
    }
}

extension ConfigurationProblem: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            file: try reader.string("file"),
            line: try reader.optionalInteger("line"),
            key: try reader.optionalString("key"),
            message: try reader.string("message"),
            remedy: try reader.optionalString("remedy")
        )
    }

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("file", file.string)
        writer.member("line", line)
        writer.member("key", key)
        writer.member("message", message)
        writer.member("remedy", remedy)
        writer.endObject()
    }
}

extension Grant: JSONEncodable, JSONDecodable {
    package init(from reader: inout ParameterReader) throws(InvalidParameter) {
        self.init(
            lease: try reader.string("lease"),
            name: try reader.segmentName("name"),
            key: SegmentKey(rawValue: try reader.integer("key")),
            identifier: SegmentIdentifier(rawValue: try reader.integer("identifier")),
            size: ByteCount(bytes: try reader.integer("sizeBytes")),
            access: Access(rawValue: try reader.string("access")),
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
