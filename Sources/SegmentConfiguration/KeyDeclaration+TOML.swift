import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension KeyDeclaration {
    /// Reads the table `[key]`; nil if it cannot be used.
    init?(_ reader: inout TOMLReader) {
        reader.table("key", example: "[key]")
        let path = reader.string("key.path", example: "path = \"/srv/acq/shmfile\"")
        let project = Self.project(&reader)
        let value = Self.value(&reader)
        if reader.has("key.value") {
            for other in ["key.path", "key.project"] where reader.has(other) {
                reader.note(other, "cannot be combined with key.value", "keep one of them")
                return nil
            }
            guard let value else { return nil }
            self = .value(value)
            return
        }
        guard reader.has("key.path") else {
            guard !reader.has("key.project") else {
                reader.note(
                    "key.project",
                    "needs key.path",
                    "add the path that programs pass to ftok; the key of the segment's own file needs no project"
                )
                return nil
            }
            self = .ownFile
            return
        }
        guard let path else { return nil }
        guard path.hasPrefix("/") else {
            reader.note(
                "key.path",
                "`\(path)` is not an absolute path",
                "write the full path, starting with /"
            )
            return nil
        }
        guard let project = reader.has("key.project") ? project : Self.defaultProject else { return nil }
        self = .path(FilePath(path), project: project)
    }

    private static func project(_ reader: inout TOMLReader) -> UInt8? {
        let wanted = "an integer from 1 to 255 or one ASCII character"
        let remedy = "write \(wanted), such as `project = 65`"
        switch reader.scalar("key.project", wanted: wanted, example: "project = 65") {
        case nil: return nil
        case .integer(let integer):
            guard let project = UInt8(exactly: integer), project > 0 else {
                reader.note("key.project", "\(integer) is not from 1 to 255", remedy)
                return nil
            }
            return project
        case .string(let text):
            guard text.utf8.count == 1, let project = text.utf8.first, (1...127).contains(project) else {
                reader.note("key.project", "`\(text)` is not one ASCII character", remedy)
                return nil
            }
            return project
        }
    }

    private static func value(_ reader: inout TOMLReader) -> SegmentKey? {
        guard let integer = reader.integer("key.value", example: "value = 0x4e545032") else { return nil }
        guard integer != 0 else {
            reader.note("key.value", "0 is IPC_PRIVATE, which identifies no segment", "write another number")
            return nil
        }
        if let bits = UInt32(exactly: integer) { return SegmentKey(bits: bits) }
        if let signed = Int32(exactly: integer) { return SegmentKey(rawValue: signed) }
        reader.note("key.value", "\(integer) does not fit in 32 bits", "write a number up to 0xffffffff")
        return nil
    }
}
