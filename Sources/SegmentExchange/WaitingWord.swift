import CLinux
import SegmentClient
import Synchronization

/// Says whether somebody sleeps until something happens, and is what they sleep on: futex(2).
///
/// Who waits announces it, looks once more, sleeps. Who makes something happen does it, and then wakes. One of the two
/// sees the other, so that no wake-up is missed; while nobody waits, waking is one load from memory.
@safe
struct WaitingWord: @unchecked Sendable {
    private let address: UnsafeMutablePointer<Atomic<UInt32>>

    init(_ address: UnsafeMutablePointer<Atomic<UInt32>>) {
        unsafe self.address = unsafe address
    }

    /// Looks until there is something to see, first busily, then asleep; nil once the deadline has passed.
    func await<Found>(
        until deadline: Deadline = .never,
        _ look: () -> Look<Found>
    ) throws(ExchangeError) -> Found? {
        for _ in 0..<Patience.looks {
            if let found = try look().found { return found }
            clinux_spin_pause()
        }
        while true {
            announce()
            if let found = try look().found { return found }
            guard !deadline.hasPassed else { return nil }
            unsafe clinux_futex_wait(address, 1, deadline.milliseconds)
        }
    }

    /// Stays announced until somebody wakes: others may sleep on the same word.
    private func announce() {
        unsafe address.pointee.store(1, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Wakes everybody who waits, by a system call only if somebody does, and `isWanted` says so then.
    func wake(if isWanted: @autoclosure () -> Bool = true) {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard unsafe address.pointee.load(ordering: .relaxed) != 0, isWanted() else { return }
        wakeRegardless()
    }

    /// Wakes everybody who waits, whatever the word says: a stranger may have changed it.
    func wakeRegardless() { unsafe clinux_futex_clear_and_wake(address) }
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
