import CLinux
import Synchronization

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
