import CLinux
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

    /// To be followed by another look, and then by `sleep` or `withdraw`.
    func announce() {
        unsafe address.pointee.store(1, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Until somebody wakes, a signal comes, or at the longest so many milliseconds.
    func sleep(milliseconds: Int32) {
        unsafe clinux_futex_wait(address, 1, milliseconds)
    }

    func withdraw() {
        unsafe address.pointee.store(0, ordering: .relaxed)
    }

    /// Wakes everybody who waits, by a system call only if somebody does.
    func wake() {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard unsafe address.pointee.load(ordering: .relaxed) != 0 else { return }
        unsafe address.pointee.store(0, ordering: .sequentiallyConsistent)
        unsafe clinux_futex_wake(address)
    }
}
