import CLinux
import POSIX
import Synchronization

/// Waits for the other side: first by polling the memory, then asleep.
struct Waiter: Sendable {
    private let memory: SharedBytes
    private let waiting: WaitingWord
    /// The processor on which the other side last ran.
    private let processor: ProcessorWord
    private var patience = Patience()

    init(_ memory: SharedBytes, on waiting: WaitingWord, for processor: ProcessorWord) {
        self.memory = memory
        self.waiting = waiting
        self.processor = processor
    }

    /// The longest sleep, in milliseconds; then changes are checked that cause no wake-up.
    static let longestSleep: Int32 = 100

    /// Looks until something is found; returns nil once the deadline has passed.
    ///
    /// Throws what the look fails with, and `segmentRemoved` if the segment was removed and nothing is found.
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
            // Another process may cut every sleep short.
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

/// The processor on which a side last changed something: its number plus 1; 0 is unknown.
struct ProcessorWord: Sendable {
    private let word: SharedHalf

    init(_ word: SharedHalf) { self.word = word }

    /// Records the processor on which this side runs.
    func note() {
        let own = clinux_processor()
        if word.loadRelaxed() != own { word.store(own) }
    }

    fileprivate var place: Patience.Place {
        Patience.Place(word.loadRelaxed(), own: clinux_processor(), usable: Self.usable)
    }

    private static let usable = Int(clinux_usable_processors())
}

/// The result of a look at the shared memory.
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

/// A word that processes sleep on, and that says whether any does: futex(2).
///
/// A waiting process announces its wait, looks once more, and sleeps. The other makes its change, then wakes. At least one
/// of the two sees the other, so no wake-up is missed; while no process waits, waking costs one load.
///
/// Several processes may sleep on one word. One that was woken may announce its next wait before another has gone to sleep
/// for the previous one, which that one must not do. So each wait has a mark, which only waits share that the same wake-up
/// ends. A process that announced a wait that is already over may have made another sleep for it, and so wakes them.
@safe
struct WaitingWord: @unchecked Sendable {
    private let word: SharedHalf

    init(_ word: SharedHalf) {
        self.word = word
    }

    struct Mark: Equatable, Sendable {
        /// Never 0.
        let word: UInt32

        /// For a word that only one process sleeps on.
        static let single = Mark(word: 1)

        private init(word: UInt32) { self.word = word }

        /// For every process that waits for a value newer than this number.
        init(after number: UInt64) { word = UInt32(truncatingIfNeeded: number) << 1 | 1 }
    }

    /// Announces a wait, until the next wake-up: other processes may sleep on the same word.
    func announce(_ mark: Mark) {
        word.storeInOrder(mark.word)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Cancels an announced wait, because what it waited for has already happened.
    func withdraw(_ mark: Mark) { if mark != .single { wakeRegardless() } }

    /// Sleeps until the next wake-up, for at most this many milliseconds; not at all if there was one since `announce`.
    ///
    /// Returns whether there was none.
    func sleep(_ mark: Mark, milliseconds: Int32) -> Bool {
        unsafe clinux_futex_wait(word.unsafeAddress, mark.word, milliseconds) != 0
    }

    /// Wakes all waiting processes; makes a system call only if one waits and `isWanted` is true.
    func wake(if isWanted: @autoclosure () -> Bool = true) {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard word.loadRelaxed() != 0, isWanted() else { return }
        wakeRegardless()
    }

    /// Wakes all waiting processes whatever the word says, since others can overwrite it.
    func wakeRegardless() { unsafe clinux_futex_clear_and_wake(word.unsafeAddress) }
}
