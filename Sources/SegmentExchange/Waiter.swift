import CLinux
import POSIX
import Synchronization

/// Waits for what the other side does, first busily, then asleep.
struct Waiter: Sendable {
    private let memory: SharedBytes
    private let waiting: WaitingWord
    /// Where the other side ran last.
    private let processor: ProcessorWord
    private var patience = Patience()

    init(_ memory: SharedBytes, on waiting: WaitingWord, for processor: ProcessorWord) {
        self.memory = memory
        self.waiting = waiting
        self.processor = processor
    }

    /// The longest sleep, in milliseconds: then it is looked for what wakes nobody.
    static let longestSleep: Int32 = 100

    /// Looks until there is something to see; nil once the deadline has passed.
    ///
    /// Throws what the look fails with, and `segmentRemoved` where the segment was removed and there is nothing to see.
    mutating func await<Found>(
        until deadline: Deadline = .never,
        for mark: WaitingWord.Mark = .single,
        _ look: () -> Look<Found>
    ) throws(ExchangeError) -> Found? {
        if let found = try look().found { return found }
        if let found = try lookAround(look) { return found }
        var wakeUps = 0, isLong = false
        while true {
            waiting.announce(mark)
            if let found = try look().found {
                waiting.withdraw(mark)
                return found
            }
            // A stranger may let no sleep be long.
            if isLong || wakeUps % 1000 == 999, memory.isRemoved { throw .segmentRemoved }
            guard !deadline.hasPassed else { return nil }
            let limit = deadline.milliseconds
            isLong = waiting.sleep(
                mark,
                milliseconds: limit < 0 ? Self.longestSleep : min(limit, Self.longestSleep)
            )
            wakeUps &+= 1
            if let found = try look().found { return found }
        }
    }

    private mutating func lookAround<Found>(_ look: () -> Look<Found>) throws(ExchangeError) -> Found? {
        let looks = patience.looks(processor.place)
        for count in 1..<looks.count + 1 {
            clinux_spin_pause()
            if looks.yields, count % Patience.turn == 0, clinux_yield() > Patience.longestTurn {
                patience.lostProcessor()
                return try look().found
            }
            if let found = try look().found {
                patience.found(after: count)
                return found
            }
        }
        patience.foundNothing()
        return nil
    }
}

/// Which processor a side ran on when it last had something to tell: 1 and its number; 0 is unknown.
struct ProcessorWord: Sendable {
    private let word: SharedHalf

    init(_ word: SharedHalf) { self.word = word }

    /// Says where this side runs.
    func note() {
        let own = clinux_processor()
        if word.loadRelaxed() != own { word.store(own) }
    }

    fileprivate var place: Patience.Place {
        Patience.Place(word.loadRelaxed(), own: clinux_processor(), usable: Self.usable)
    }

    private static let usable = Int(clinux_usable_processors())
}

/// What a look at the shared memory found.
enum Look<Found> {
    case found(Found)
    case notYet
    case failed(ExchangeError)

    fileprivate var found: Found? {
        get throws(ExchangeError) {
            switch self {
            case .found(let found): return found
            case .notYet: return nil
            case .failed(let error): throw error
            }
        }
    }
}

/// Says whether somebody sleeps until something happens, and is what they sleep on: futex(2).
///
/// Who waits announces it, looks once more, sleeps. Who makes something happen does it, and then wakes. One of the two
/// sees the other, so that no wake-up is missed; while nobody waits, waking is one load from memory.
///
/// Several may sleep on one word. Who was woken may announce the next wait before another has gone to sleep for this
/// one; that one must not, so each wait has a mark, the same only for those that the same wake-up ends. And whoever
/// announces a wait that is over may make another sleep for it, and so wakes them.
@safe
struct WaitingWord: @unchecked Sendable {
    private let word: SharedHalf

    init(_ word: SharedHalf) {
        self.word = word
    }

    struct Mark: Equatable, Sendable {
        /// Not 0.
        let word: UInt32

        /// Of the only one who sleeps on a word.
        static let single = Mark(word: 1)

        private init(word: UInt32) { self.word = word }

        /// Of everybody who waits for something newer than the value of this number.
        init(after number: UInt64) { word = UInt32(truncatingIfNeeded: number) << 1 | 1 }
    }

    /// Stays announced until somebody wakes: others may sleep on the same word.
    func announce(_ mark: Mark) {
        word.storeInOrder(mark.word)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// What was waited for was there after all.
    func withdraw(_ mark: Mark) { if mark != .single { wakeRegardless() } }

    /// Sleeps until somebody wakes, for so many milliseconds at most; not at all if somebody has since `announce`.
    ///
    /// Returns whether nobody did.
    func sleep(_ mark: Mark, milliseconds: Int32) -> Bool {
        unsafe clinux_futex_wait(word.unsafeAddress, mark.word, milliseconds) != 0
    }

    /// Wakes everybody who waits, by a system call only if somebody does, and `isWanted` says so then.
    func wake(if isWanted: @autoclosure () -> Bool = true) {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard word.loadRelaxed() != 0, isWanted() else { return }
        wakeRegardless()
    }

    /// Wakes everybody who waits, whatever the word says: a stranger may have changed it.
    func wakeRegardless() { unsafe clinux_futex_clear_and_wake(word.unsafeAddress) }
}
