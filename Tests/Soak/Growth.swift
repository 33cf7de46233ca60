/// What one daemon takes while it lives on, whenever nobody is connected.
struct Growth {
    private var memory: [Int] = []
    private var descriptors: [Int] = []
    private var filesParsed: [Int] = []
    /// More than this is growth: allocators and page tables settle for a while.
    private static let toleratedKiB = 1536
    /// What the parser of TOML never gives back of a file that it has read: measured, 1.5 KiB for 70 bytes.
    private static let leakedBytesOfFile = 1536

    /// `memory` is in KiB; `filesParsed` only grows.
    mutating func sample(memory: Int, descriptors: Int, filesParsed: Int) {
        self.memory.append(memory)
        self.descriptors.append(descriptors)
        self.filesParsed.append(filesParsed)
    }

    /// The medians of the first and of the last third.
    private func thirds(_ values: [Int]) -> (first: Int, last: Int) {
        let third = max(1, values.count / 3)
        return (Self.median(values.prefix(third)), Self.median(values.suffix(third)))
    }

    private static func median(_ values: ArraySlice<Int>) -> Int {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    var isTolerable: Bool {
        let (memory, descriptors, filesParsed) = (thirds(memory), thirds(descriptors), thirds(filesParsed))
        let leaked = (filesParsed.last - filesParsed.first) * Self.leakedBytesOfFile / 1024
        return memory.last <= memory.first + leaked + Self.toleratedKiB
            && descriptors.last <= descriptors.first
    }

    var text: String {
        let (memory, descriptors, filesParsed) = (thirds(memory), thirds(descriptors), thirds(filesParsed))
        return "\(self.memory.count) samples, first and last third: resident \(memory.first) and "
            + "\(memory.last) KiB after \(filesParsed.first) and \(filesParsed.last) files parsed, "
            + "descriptors \(descriptors.first) and \(descriptors.last)"
    }
}
