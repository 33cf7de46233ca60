/// Identifies the process that has a place in shared memory, in one word: a death at any instruction leaves all of it or
/// nothing.
///
/// Bits 0…21 are the process ID; 22…37 identify its PID and time namespaces, since IDs and times mean nothing elsewhere;
/// 38…63 are the low bits of its start time (field 22 of `/proc/PID/stat`, in clock ticks), since IDs are reused. Zero is
/// no process.
struct Claim: Equatable {
    let word: UInt64

    init(word: UInt64) {
        self.word = word
    }

    /// Namespaces are given by their inodes; on a kernel without time namespaces that is 0.
    init(processID: Int32, pidNamespace: UInt64, timeNamespace: UInt64, startTime: UInt64) {
        word =
            UInt64(UInt32(bitPattern: processID)) & 0x3f_ffff
            | ((pidNamespace &+ timeNamespace &* 40503) & 0xffff) << 22
            | startTime << 38
    }

    static let nobody = Claim(word: 0)

    /// The process ID; on Linux at most 2²² − 1.
    var processID: Int32 { Int32(word & 0x3f_ffff) }

    /// The claim in 32 bits; never 0.
    var tag: UInt32 { max(1, UInt32(truncatingIfNeeded: word ^ word >> 32)) }

    /// Whether both were made in the same namespaces.
    func sharesNamespaces(with other: Claim) -> Bool { (word ^ other.word) >> 22 & 0xffff == 0 }

    /// Whether the process with this ID made the claim, given its start time.
    func began(at startTime: UInt64) -> Bool { word >> 38 == startTime & 0x3ff_ffff }
}
