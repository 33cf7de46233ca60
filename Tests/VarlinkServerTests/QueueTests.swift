import Testing

@testable import VarlinkServer

@Suite struct QueueTests {
    private final class Counted {
        static nonisolated(unsafe) var living = 0
        let number: Int

        init(_ number: Int) {
            self.number = number
            Self.living += 1
        }

        deinit { Self.living -= 1 }
    }

    @Test(arguments: [1, 7, 8, 9, 64, 65, 1000])
    func `elements are removed in order, however many wait, and released`(most: Int) {
        do {
            let queue = Queue<Counted>()
            var (next, taken) = (0, 0)
            for round in 0..<50 {
                while queue.count < most {
                    queue.append(Counted(next))
                    next += 1
                }
                #expect(queue.min(of: { $0.number }) == taken)
                for _ in 0..<(round % 3 == 0 ? most : most / 2 + 1) {
                    #expect(queue.popFirst()?.number == taken)
                    taken += 1
                }
                #expect(queue.count == next - taken)
                #expect(queue.isEmpty == (next == taken))
                #expect(Counted.living == queue.count)
            }
            #expect(most == 1 || !queue.isEmpty)
        }
        #expect(Counted.living == 0)
    }

    @Test func `an empty queue has nothing`() {
        let queue = Queue<Int>()
        #expect(queue.isEmpty)
        #expect(queue.popFirst() == nil)
        #expect(queue.min(of: { $0 }) == nil)
    }
}
