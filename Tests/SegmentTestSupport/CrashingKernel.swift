import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// The kernel of a broker that can be made to crash.
package final class CrashingKernel: SharedMemoryKernel, @unchecked Sendable {
    private let base: FakeKernel
    private let injector: CrashInjector

    package init(_ base: FakeKernel, _ injector: CrashInjector) {
        (self.base, self.injector) = (base, injector)
    }

    private func call<Result>(
        _ call: OutsideCall,
        _ body: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        try injector.enter(call)
        let result: Result
        do throws(Errno) { result = try body() } catch {
            try injector.leave(call)
            throw error
        }
        try injector.leave(call, result as? SegmentIdentifier)
        return result
    }

    package func key(ofFile path: FilePath, project: UInt8) throws(Errno) -> SegmentKey {
        try call(.ftok(path)) { () throws(Errno) in try base.key(ofFile: path, project: project) }
    }

    package func get(
        _ key: SegmentKey,
        size: UInt64,
        flags: CreationFlags,
        mode: FilePermissions
    ) throws(Errno) -> SegmentIdentifier {
        try call(flags.contains(.create) ? .create(key) : .find(key)) { () throws(Errno) in
            try base.get(key, size: size, flags: flags, mode: mode)
        }
    }

    package func attach(_ identifier: SegmentIdentifier, readOnly: Bool) throws(Errno) -> AttachmentAddress {
        try call(.attach(identifier)) { () throws(Errno) in
            try base.attach(identifier, readOnly: readOnly)
        }
    }

    package func detach(_ address: AttachmentAddress) throws(Errno) {
        try call(.detach(address)) { () throws(Errno) in try base.detach(address) }
    }

    package func status(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        try call(.status(identifier)) { () throws(Errno) in try base.status(identifier) }
    }

    package func statusOfAny(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        try call(.statusOfAny(identifier)) { () throws(Errno) in try base.statusOfAny(identifier) }
    }

    package func setOwner(
        _ identifier: SegmentIdentifier,
        userID: UInt32,
        groupID: UInt32,
        mode: FilePermissions
    ) throws(Errno) {
        try call(.setOwner(identifier)) { () throws(Errno) in
            try base.setOwner(identifier, userID: userID, groupID: groupID, mode: mode)
        }
    }

    package func remove(_ identifier: SegmentIdentifier) throws(Errno) {
        try call(.remove(identifier)) { () throws(Errno) in try base.remove(identifier) }
    }

    package func allSegments() throws(Errno) -> [SegmentIdentifier: SegmentStatus] { base.segments }

    package func limits() throws(Errno) -> KernelLimits {
        try call(.limits) { () throws(Errno) in try base.limits() }
    }

    package func memoryLimits() -> MemoryLimits? { base.memoryLimits() }

    package func addressSpaceLimit() -> UInt64? { base.addressSpaceLimit() }

    package func memory() -> [SegmentIdentifier: SegmentMemory] { [:] }

    package func excludeFromCoreDumps(_ address: AttachmentAddress, size: UInt64) throws(Errno) {
        try call(.excludeFromCoreDumps(address)) { () throws(Errno) in
            try base.excludeFromCoreDumps(address, size: size)
        }
    }

    package func ipcNamespace() throws(Errno) -> UInt64 { base.namespace }

    package func isGone(process: Int32) -> Bool { base.isGone(process: process) }

    package func destroysUnattachedSegments() -> Bool? { base.destroysUnattached }
}

/// The records of a broker that can be made to crash.
package final class CrashingRecords: SegmentRecords {
    private let base: MemoryRecords
    private let injector: CrashInjector

    package init(_ base: MemoryRecords, _ injector: CrashInjector) {
        (self.base, self.injector) = (base, injector)
    }

    package func load() throws(RecordsError) -> LoadedRecords {
        try call(.loadRecords) { () throws(RecordsError) in try base.load() }
    }

    package func write(_ record: SegmentRecord) throws(RecordsError) {
        try call(.writeRecord(record)) { () throws(RecordsError) in try base.write(record) }
    }

    package func remove(_ name: SegmentName) throws(RecordsError) {
        try call(.removeRecord(name)) { () throws(RecordsError) in try base.remove(name) }
    }

    private func call<Value>(
        _ call: OutsideCall,
        _ body: () throws(RecordsError) -> Value
    ) throws(RecordsError) -> Value {
        do throws(Errno) { try injector.enter(call) } catch { throw failure(call, error) }
        let result = Result<Value, RecordsError>(catching: body)
        do throws(Errno) { try injector.leave(call) } catch { throw failure(call, error) }
        return try result.get()
    }

    private func failure(_ call: OutsideCall, _ errno: Errno) -> RecordsError {
        RecordsError(call: call.word.rawValue, path: "state", errno: errno)
    }
}
