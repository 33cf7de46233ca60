/// A first-in, first-out queue with constant time for each element, however many there are.
///
/// An array would do, but each access to one stored in an object costs an exclusivity check, and each new one
/// an allocation; every call needs several of both. The memory is safe to use because only the part between
/// `first` and `end` is initialized and nothing else knows its address.
@safe final class Queue<Element> {
    private var memory: UnsafeMutablePointer<Element>?
    private var capacity = 0
    private var first = 0
    private var end = 0

    /// Enough for most queues; an empty one keeps no more.
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
        if isEmpty { releaseMemory() }
        return element
    }

    /// Returns the minimum of a value of each element; nil if empty.
    func min<Value: Comparable>(of value: (Element) -> Value) -> Value? {
        guard let memory = unsafe memory else { return nil }
        return (first..<end).map { unsafe value(memory[$0]) }.min()
    }

    /// Moves or grows the memory so that half of it is free at the end.
    private func makeRoom() {
        let (old, count) = unsafe (memory, count)
        if capacity < 2 * count + 2 { capacity = max(8, 2 * capacity) }
        let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        if let old = unsafe old { unsafe new.moveInitialize(from: old + first, count: count) }
        unsafe old?.deallocate()
        unsafe memory = unsafe new
        (first, end) = (0, count)
    }

    private func releaseMemory() {
        (first, end) = (0, 0)
        guard capacity > Self.little else { return }
        unsafe memory?.deallocate()
        unsafe memory = nil
        capacity = 0
    }
}
