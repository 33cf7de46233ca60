/// Elements that are taken in the order in which they came; each costs the same, however many there are.
///
/// Arrays would do, but each look at one that stands in an object costs a check for overlapping accesses, and each new
/// one an allocation: for every call several of both. The memory is safe to use by this: only what lies between `first`
/// and `end` is initialised, and nothing else knows where it lies.
@safe final class Queue<Element> {
    private var memory: UnsafeMutablePointer<Element>?
    private var capacity = 0
    private var first = 0
    private var end = 0

    /// What most queues need; an empty one keeps no more.
    private static var little: Int { 64 }

    deinit {
        unsafe memory?.advanced(by: first).deinitialize(count: count)
        unsafe memory?.deallocate()
    }

    var isEmpty: Bool { first == end }
    var count: Int { end - first }

    func append(_ element: Element) {
        if end == capacity { makeRoom() }
        unsafe memory?.advanced(by: end).initialize(to: element)
        end += 1
    }

    func popFirst() -> Element? {
        guard first < end, let memory = unsafe memory else { return nil }
        let element = unsafe memory.advanced(by: first).move()
        first += 1
        if isEmpty { giveBack() }
        return element
    }

    /// The least of what is found for each element.
    func min<Value: Comparable>(of value: (Element) -> Value) -> Value? {
        guard let memory = unsafe memory else { return nil }
        return (first..<end).map { unsafe value(memory[$0]) }.min()
    }

    /// Half of the room is free afterwards, at the end.
    private func makeRoom() {
        let (old, count) = unsafe (memory, count)
        if capacity < 2 * count + 2 { capacity = max(8, 2 * capacity) }
        let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        if let old = unsafe old { unsafe new.moveInitialize(from: old + first, count: count) }
        unsafe old?.deallocate()
        unsafe memory = unsafe new
        (first, end) = (0, count)
    }

    private func giveBack() {
        (first, end) = (0, 0)
        guard capacity > Self.little else { return }
        unsafe memory?.deallocate()
        unsafe memory = nil
        capacity = 0
    }
}
