import CLinux
import POSIX
import Synchronization
import SystemPackage

/// A thread of one side, which sleeps until a process ends.
///
/// It watches the other side's process, and reports its end at once, also to a side that sleeps on a word in memory. When
/// the thread itself ends, with its process or by execve(2), the kernel reports that in memory: see `LifeSign`. Until
/// then it costs neither a system call nor a wake-up.
final class SideThread: Sendable {
    private let shared: SharedWithThread
    private let thread: Thread
    private let process: OpeningProcess

    /// `waiting` is the word that this side sleeps on; it must outlive the thread.
    init(waking waiting: WaitingWord? = nil) throws(ExchangeError) {
        process = try OpeningProcess()
        shared = try SharedWithThread(waiting)
        do throws(Errno) { thread = try Thread(stack: Self.stackSize) { [shared] in shared.run() } } catch {
            throw .systemCall("pthread_create", error)
        }
    }

    deinit {
        // A child of fork(2) has no such thread.
        guard process.isThis else { return }
        shared.stop()
        thread.join()
    }

    /// Stops the thread before the end of this value.
    func stop() { shared.stop() }

    /// Makes the kernel report the thread's end in a sign.
    func bind(to sign: LifeSign) { shared.bind(to: sign) }

    /// Stops reporting the thread's end.
    func unbind() { shared.unbind() }

    /// The number that stands for this living thread in a sign; nil if its end cannot be reported.
    var number: UInt32? { shared.number }

    /// Watches this process from now on.
    func watch(_ process: consuming ProcessDescriptor) { shared.watch(process) }

    /// Whether the watched process has ended.
    var peerHasEnded: Bool { shared.hasEnded.load(ordering: .acquiring) }

    /// A descriptor for poll(2), readable once the watched process has ended; nil if none is watched.
    var peerDescriptor: FileDescriptor? { shared.peerDescriptor }

    /// In bytes; small, for programs that lock all their memory.
    private static let stackSize = 128 << 10
}

/// State that the thread and its owner share.
@safe
private final class SharedWithThread: @unchecked Sendable {
    let hasEnded = Atomic(false)
    private let process = Mutex<ProcessDescriptor?>(nil)
    private let waiting: WaitingWord?
    private let isStopping = Atomic(false)
    /// Signalled to make the thread look at its state.
    private let bell: EventDescriptor
    /// Read by the kernel when the thread ends.
    private let sign: UnsafeMutablePointer<clinux_sign>

    init(_ waiting: WaitingWord?) throws(ExchangeError) {
        do throws(Errno) { bell = try EventDescriptor() } catch {
            throw .systemCall("eventfd", error)
        }
        self.waiting = waiting
        unsafe sign = .allocate(capacity: 1)
        unsafe sign.initialize(to: clinux_sign())
    }

    deinit { unsafe sign.deallocate() }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        bell.signal()
    }

    func watch(_ process: consuming ProcessDescriptor) {
        var next = Optional(process)
        self.process.withLock { process in
            process = next.take()
            hasEnded.store(false, ordering: .sequentiallyConsistent)
        }
        bell.signal()
    }

    var peerDescriptor: FileDescriptor? { process.withLock { $0?.descriptor } }

    var number: UInt32? {
        let thread = unsafe clinux_sign_thread(sign)
        return thread == CLINUX_NO_SIGN ? nil : thread
    }

    func bind(to life: LifeSign) { unsafe clinux_sign_bind(sign, life.address) }

    func unbind() { unsafe clinux_sign_unbind(sign) }

    /// Watches until stopped; once the process has ended it wakes its side repeatedly, since others can overwrite the word.
    func run() {
        unsafe clinux_sign_begin(sign)
        while true {
            let hasEnded = hasEnded.load(ordering: .relaxed)
            let ready = try? bell.descriptor.wait(
                for: .read,
                or: hasEnded ? nil : peerDescriptor,
                milliseconds: hasEnded ? 100 : -1
            )
            if ready?.isReady == true { bell.clear() }
            if isStopping.load(ordering: .acquiring) { return unbind() }
            // Checked again: another process may be watched by now.
            let isOver = process.withLock { process in
                let isOver = process?.hasEnded ?? false
                if isOver { self.hasEnded.store(true, ordering: .sequentiallyConsistent) }
                return isOver
            }
            if isOver { waiting?.wakeRegardless() }
        }
    }
}

/// The process that opened a side, as opposed to its children by fork(2), which inherit it.
struct OpeningProcess: Sendable {
    private let mark: UInt32

    /// Records this process.
    init() throws(ExchangeError) {
        do throws(Errno) { _ = try valueOrErrno { clinux_process_mark() == 0 ? -1 : 0 } } catch {
            throw .systemCall("madvise", error)
        }
        mark = clinux_process_mark()
    }

    /// Whether this is the process that opened the side.
    var isThis: Bool { clinux_process_mark() == mark }

    /// Throws `inherited` in any other process.
    func check() throws(ExchangeError) {
        guard isThis else { throw .inherited }
    }
}
