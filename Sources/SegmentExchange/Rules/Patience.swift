/// How often a side that has to wait looks before it sleeps, as its waits have taught it.
///
/// Waking up costs more than many looks; but looks that find nothing cost too, and keep others from the processor.
/// Looks that shortened a wait are restored, to twice what has been worth it; looks that did not are halved, down to
/// none. Now and then they are tried in full, since two sides that sleep never see how fast the other could be.
struct Patience: Equatable {
    /// About 50 µs, three times what waking up costs.
    static let most = 2000
    /// After so many looks others may have the processor: another waiting side hands it on within microseconds.
    static let turn = 64
    /// Who computes for so many nanoseconds leaves no time to look, while a side that wakes up comes first.
    static let longestTurn: Int64 = 500_000
    /// After so many waits in sleep the looks are tried in full, and after up to so many where they lost the processor.
    static let trial = (first: 256, last: 1 << 16)
    /// So many waits beside the other side keep the processor: once the sides have been apart for as many, and again
    /// after up to so many that were spent beside it nevertheless.
    static let separation = (waits: 64, first: 1 << 10, last: 1 << 20)

    private var limit = Patience.most
    /// Waits that looks did not shorten, since they were last tried in full.
    private var sleeps = 0
    private var trial = Patience.trial.first
    /// Waits while the other side ran on the same processor, since the processor was last kept.
    private var waitsBeside = 0
    /// Waits in a row while it ran elsewhere.
    private var waitsApart = 0
    /// After so many waits beside it the processor is kept again.
    private var separation = Patience.separation.first

    /// Where the other side ran when it last had something to tell.
    enum Place: Equatable {
        case elsewhere
        /// On the processor of this side, which may use no other.
        case here
        /// On the processor of this side, which may use others.
        case beside

        /// Processors are numbered from 1; 0 is unknown, and then the processors that this side may use count.
        init(_ other: UInt32, own: UInt32, usable: Int) {
            if other == 0 || own == 0 {
                self = usable > 1 ? .elsewhere : .here
            } else if other != own {
                self = .elsewhere
            } else {
                self = usable > 1 ? .beside : .here
            }
        }
    }

    struct Looks: Equatable {
        var count: Int
        /// Whether others may have the processor between them.
        var yields: Bool
    }

    /// Before a sleep; none where the other side needs this processor to go on.
    ///
    /// Two sides that share a processor by turns stay on it: the kernel moves only one that it sees wait for a while.
    /// So looks keep the processor for some milliseconds, more and more seldom while that does not part them.
    mutating func looks(_ place: Place) -> Looks {
        switch place {
        case .here: return Looks(count: 0, yields: true)
        case .elsewhere: waitsApart = min(waitsApart + 1, Self.separation.waits)
        case .beside:
            if keepsProcessor() { return Looks(count: Self.most, yields: false) }
        }
        return Looks(count: sleeps == trial ? Self.most : limit, yields: true)
    }

    private mutating func keepsProcessor() -> Bool {
        if waitsApart == Self.separation.waits {
            (waitsBeside, separation) = (0, Self.separation.first)
        } else if waitsBeside == separation {
            (waitsBeside, separation) = (0, min(2 * separation, Self.separation.last))
        }
        waitsApart = 0
        waitsBeside += 1
        return waitsBeside <= Self.separation.waits
    }

    /// A wait was over after so many looks.
    mutating func found(after looks: Int) {
        (sleeps, trial) = (0, Self.trial.first)
        limit = min(Self.most, 2 * max(limit, looks))
    }

    /// A wait went on after all looks.
    mutating func foundNothing() {
        sleeps = sleeps < trial ? sleeps + 1 : 0
        limit /= 2
    }

    /// Others had the processor for longer than a turn, so that sleep would have been shorter.
    mutating func lostProcessor() {
        foundNothing()
        trial = min(2 * trial, Self.trial.last)
    }
}
