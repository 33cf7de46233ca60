/// The resources of one daemon over its life, sampled while nobody is connected.
struct Growth {
    private var memory: [Int] = []
    private var descriptors: [Int] = []
    /// More than this counts as growth; allocators and page tables take a while to settle.
    private static let toleratedKiB = 1536

    /// Adds a sample; `memory` is in KiB.
    mutating func sample(memory: Int, descriptors: Int) {
        self.memory.append(memory)
        self.descriptors.append(descriptors)
    }

    /// Returns the medians of the first and the last third.
    private func thirds(_ values: [Int]) -> (first: Int, last: Int) {
        let third = max(1, values.count / 3)
        return (Self.median(values.prefix(third)), Self.median(values.suffix(third)))
    }

    private static func median(_ values: ArraySlice<Int>) -> Int {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    var isTolerable: Bool {
        let (memory, descriptors) = (thirds(memory), thirds(descriptors))
        return memory.last <= memory.first + Self.toleratedKiB && descriptors.last <= descriptors.first
    }

    var text: String {
        let (memory, descriptors) = (thirds(memory), thirds(descriptors))
        return "\(self.memory.count) samples, first and last third: resident \(memory.first) and "
            + "\(memory.last) KiB, descriptors \(descriptors.first) and \(descriptors.last)"
    }
}
