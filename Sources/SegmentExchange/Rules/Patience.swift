/// How often a waiting side looks before it sleeps, learnt from its earlier waits.
///
/// A wake-up costs more than many looks, but looks that find nothing cost time too, and keep others from the processor.
/// The limit doubles when looks shortened a wait, and is halved, down to none, when they did not. Now and then it is
/// tried in full, since two sides that sleep never notice how fast the other could be.
struct Patience: Equatable {
    /// The most looks: about 50 µs, three times the cost of a wake-up.
    static let most = 2000
    /// The looks between two yields of the processor; another waiting side yields it again within microseconds.
    static let turn = 64
    /// A yield that takes longer than this, in nanoseconds, has met a process that computes: sleep is better then.
    static let longestTurn: Int64 = 500_000
    /// The waits in sleep after which looks are tried in full: at first, and at most where looks lost the processor.
    static let trial = (first: 256, last: 1 << 16)
    /// How many waits on the same processor as the other side keep it without yielding: again once the sides have been
    /// apart for as many waits, or after `first` to `last` waits spent on the same processor.
    static let separation = (waits: 64, first: 1 << 10, last: 1 << 20)

    private var limit = Patience.most
    /// Waits that looks did not shorten since they were last tried in full.
    private var sleeps = 0
    private var trial = Patience.trial.first
    /// Waits while the other side ran on the same processor, since the processor was last kept for looks.
    private var waitsBeside = 0
    /// Consecutive waits while it ran on another processor.
    private var waitsApart = 0
    /// The number of such waits after which the processor is kept for looks again.
    private var separation = Patience.separation.first

    /// Where the other side ran when it last changed something.
    enum Place: Equatable {
        case elsewhere
        /// On this side's processor, the only one that this side may use.
        case here
        /// On this side's processor, although this side may use others.
        case beside

        /// Processors are numbered from 1; 0 is unknown, and then only the number of usable processors decides.
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
        /// Whether the processor is yielded between looks.
        var yields: Bool
    }

    /// The looks before a sleep; none if the other side needs this processor to make progress.
    ///
    /// Two sides that take turns on one processor stay there: the kernel moves only a thread that waits for a while. So
    /// looks sometimes keep the processor for milliseconds, less and less often while that does not separate the sides.
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

    /// Notes that a wait ended after this many looks.
    mutating func found(after looks: Int) {
        (sleeps, trial) = (0, Self.trial.first)
        limit = min(Self.most, 2 * max(limit, looks))
    }

    /// Notes that a wait went on after all looks.
    mutating func foundNothing() {
        sleeps = sleeps < trial ? sleeps + 1 : 0
        limit /= 2
    }

    /// Notes that another process kept the processor for so long that sleep would have been better.
    mutating func lostProcessor() {
        foundNothing()
        trial = min(2 * trial, Self.trial.last)
    }
}
