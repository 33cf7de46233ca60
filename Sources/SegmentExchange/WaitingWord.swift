import CLinux
import SegmentClient
import Synchronization

/// Says whether somebody sleeps until something happens, and is what they sleep on: futex(2).
///
/// Who waits announces it, looks once more, sleeps. Who makes something happen does it, and then wakes. One of the two
/// sees the other, so that no wake-up is missed; while nobody waits, waking is one load from memory.
@safe
struct WaitingWord: @unchecked Sendable {
    private let word: SharedHalf

    init(_ word: SharedHalf) {
        self.word = word
    }

    /// Stays announced until somebody wakes: others may sleep on the same word.
    func announce() {
        word.storeInOrder(1)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Sleeps until somebody wakes, for so many milliseconds at most; not at all if somebody has since `announce`.
    ///
    /// Returns whether nobody did.
    func sleep(_ milliseconds: Int32) -> Bool {
        unsafe clinux_futex_wait(word.unsafeAddress, 1, milliseconds) != 0
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
