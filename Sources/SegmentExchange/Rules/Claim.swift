/// Says which process has a place in shared memory, in one word, so that no death at any instruction leaves half of it.
///
/// Bits 0…21 are the process's number; 22…37 tell its PID and time namespaces, since numbers and times mean nothing
/// elsewhere; 38…63 the low bits of its start time (field 22 of `/proc/PID/stat`, in clock ticks), since numbers are
/// used again. Zero is nobody.
struct Claim: Equatable {
    let word: UInt64

    init(word: UInt64) {
        self.word = word
    }

    /// The namespaces by their inodes; a kernel without time namespaces has 0.
    init(processID: Int32, pidNamespace: UInt64, timeNamespace: UInt64, startTime: UInt64) {
        word =
            UInt64(UInt32(bitPattern: processID)) & 0x3f_ffff
            | ((pidNamespace &+ timeNamespace &* 40503) & 0xffff) << 22
            | startTime << 38
    }

    static let nobody = Claim(word: 0)

    /// What Linux allows at most is 2²² − 1.
    var processID: Int32 { Int32(word & 0x3f_ffff) }

    /// Names the claim where there is room for 32 bits; never 0.
    var tag: UInt32 { max(1, UInt32(truncatingIfNeeded: word ^ word >> 32)) }

    /// Whether both were made in the same namespaces.
    func sharesNamespaces(with other: Claim) -> Bool { (word ^ other.word) >> 22 & 0xffff == 0 }

    /// Whether a process with this number, if it began then, is the one that made the claim.
    func began(at startTime: UInt64) -> Bool { word >> 38 == startTime & 0x3ff_ffff }
}
