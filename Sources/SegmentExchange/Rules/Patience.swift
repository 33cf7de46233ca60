/// How often a side that has to wait looks before it sleeps, as its waits have taught it.
///
/// Waking up costs more than many looks; but looks that find nothing cost too, and keep others from the processor.
/// Looks that shortened a wait are restored, to twice what has been worth it; looks that did not are halved, down to
/// none. Now and then they are tried in full, since two sides that sleep never see how fast the other could be.
struct Patience: Equatable {
    /// About 50 µs, three times what waking up costs.
    static let most = 2000
    /// After so many looks others may have the processor; if one takes it, the looks have not been worth it.
    static let turn = 64
    /// After so many waits in sleep the looks are tried in full.
    static let trial = 256

    private var limit = Patience.most
    /// Waits in a row that looks did not shorten.
    private var sleeps = 0

    /// Before a sleep; none where the other side needs this processor to go on.
    func looks(_ isElsewhere: Bool) -> Int {
        guard isElsewhere else { return 0 }
        return sleeps > 0 && sleeps % Self.trial == 0 ? Self.most : limit
    }

    /// A wait was over after so many looks.
    mutating func found(after looks: Int) {
        sleeps = 0
        limit = min(Self.most, 2 * max(limit, looks))
    }

    /// A wait went on after all looks, or after those that others left time for.
    mutating func foundNothing() {
        sleeps &+= 1
        limit /= 2
    }

    /// Whether the other side, which ran last on that processor, can go on while this one looks.
    ///
    /// Processors are numbered from 1; 0 is unknown, and then the processors that this side may use count.
    static func isElsewhere(_ other: UInt32, own: UInt32, usable: Int) -> Bool {
        other == 0 || own == 0 ? usable > 1 : other != own
    }
}
