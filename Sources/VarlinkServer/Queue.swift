/// Elements that are taken in the order in which they came; each costs the same, however many there are.
struct Queue<Element> {
    private var elements: [Element?] = []
    private var first = 0

    var isEmpty: Bool { first == elements.count }
    var count: Int { elements.count - first }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard first < elements.count else { return nil }
        let element = elements[first].take()
        first += 1
        if 2 * first >= elements.count, first >= 32 || isEmpty {
            elements.removeFirst(first)
            first = 0
        }
        return element
    }

    /// Takes at most so many.
    mutating func popFirst(_ most: Int) -> [Element] {
        var taken: [Element] = []
        while taken.count < most, let element = popFirst() { taken.append(element) }
        return taken
    }
}

extension Queue: Sequence {
    func makeIterator() -> some IteratorProtocol<Element> {
        elements[first...].lazy.compactMap(\.self).makeIterator()
    }
}
