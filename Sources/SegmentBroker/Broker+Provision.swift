import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Brings a segment that is absent or blocked into the kernel: finds what is ours, or makes it.
    ///
    /// A while-used one is made only `onDemand`. What stands in the way blocks the segment and is said once.
    func provision(_ segment: BrokeredSegment, onDemand: Bool = false, inPlaceOfOther: Bool = false) {
        guard ending != .stop else { return }
        do throws(SegmentProblem) {
            if try recall(segment) { return drainUndeclared(segment) }
            guard let definition = segment.definition else {
                segment.life = .absent
                tell(.silent(.removed), of: segment)
                return forget(segment)
            }
            let key = try place(segment, definition)
            _ = try resolver.number(ofGroup: definition.group)
            if let found = try found(under: key, definition) {
                guard identity.ownership.isOurs(found.identifier, found.status, record: segment.record) else {
                    throw .squatted(key, found.identifier, found.status, ownUserID: identity.userID)
                }
                takeOver(segment, found)
            } else if onDemand || !segment.isWhileUsed {
                try make(segment, definition, key, inPlaceOfOther: inPlaceOfOther)
            } else if case .blocked = segment.life {
                segment.life = .absent
                tell(.silent(.changed), of: segment)
            }
        } catch {
            block(segment, error)
        }
    }

    private func found(
        under key: SegmentKey,
        _ definition: SegmentDefinition
    ) throws(SegmentProblem) -> FoundSegment? {
        do throws(Errno) { return try find(key) } catch { throw refusal("shmget", error, definition.size) }
    }

    func refusal(_ call: String, _ errno: Errno, _ size: ByteCount) -> SegmentProblem {
        KernelRefusal.problem(
            call: call,
            errno: errno,
            size: size,
            limits: try? kernel.limits(),
            memory: errno == .noMemory ? kernel.memoryLimits() : nil,
            addressSpace: errno == .noMemory ? kernel.addressSpaceLimit() : nil
        )
    }

    func block(_ segment: BrokeredSegment, _ problem: SegmentProblem) {
        if case .blocked(let known) = segment.life, known == problem { return }
        segment.life = .blocked(problem)
        tell(.blocked(problem), of: segment)
    }

    @discardableResult
    func place(
        _ segment: BrokeredSegment,
        _ definition: SegmentDefinition
    ) throws(SegmentProblem) -> SegmentKey {
        let computed = try resolver.key(of: definition)
        let before = segment.key
        if let before { placement.release(before, of: segment.name) }
        segment.key = nil
        let key = try placement.place(segment.name, definition.key, computed: computed)
        segment.key = key
        if key != computed, key != before { tell(.keyMoved(key, from: computed), of: segment) }
        return key
    }
}
