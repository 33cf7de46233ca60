import SegmentTestSupport
import SystemVSharedMemory

/// What a segment's file says.
struct Declaration: Equatable {
    enum Keep: String, CaseIterable {
        case untilReboot = "until-reboot"
        case untilStop = "until-stop"
        /// Gone with its last user.
        case whileUsed = "while-used"
        /// Made by its first user, and there for an hour after its last.
        case lingering

        var isMadeByItsUsers: Bool { self == .whileUsed || self == .lingering }
    }

    /// In bytes.
    var size: UInt64
    var mode: UInt32
    var keep: Keep
    /// Nil for the key of its own file.
    var key: SegmentKey?

    static let sizes: [UInt64] = [1, 4096, 10_000, 65_536, 300_000]
    static let modes: [UInt32] = [0o600, 0o640, 0o660, 0o644]

    init(number: Int, using random: inout SeededGenerator) {
        size = random.choose(Self.sizes) ?? 1
        mode = random.choose(Self.modes) ?? 0o600
        keep = random.choose(Keep.allCases) ?? .untilReboot
        key = number % 2 == 0 ? nil : SegmentKey(rawValue: 0x5e60_0000 + Int32(number))
    }

    /// The same key, and otherwise another.
    func changed(using random: inout SeededGenerator) -> Declaration {
        var other = self
        repeat {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: other.size = random.choose(Self.sizes) ?? size
            case 1: other.mode = random.choose(Self.modes) ?? mode
            default: other.keep = random.choose(Keep.allCases) ?? keep
            }
        } while other == self
        return other
    }

    var text: String {
        var lines = ["size = \(size)", "mode = \"0\(String(mode, radix: 8))\""]
        switch keep {
        case .untilReboot, .untilStop, .whileUsed: lines.append("keep = \"\(keep.rawValue)\"")
        case .lingering: lines += ["keep = \"while-used\"", "linger = \"1 h\""]
        }
        if let key { lines += ["[key]", "value = \(key)"] }
        return lines.joined(separator: "\n") + "\n"
    }
}
