import CLinux
import POSIX
import Synchronization
import SystemPackage

/// A thread of a side's own, which sleeps until something ends.
///
/// It watches the other side's process, so that its end is told at once, also to a side that sleeps on a word in
/// memory. And its own end, with the process or by execve(2), is told by the kernel in the memory: `LifeSign`. Until
/// then it costs neither a system call nor a wake-up.
final class SideThread: Sendable {
    private let shared: SharedWithThread
    private let thread: Thread
    private let process: OpeningProcess

    /// `waiting` is what this side sleeps on; it has to outlive the thread.
    init(waking waiting: WaitingWord? = nil) throws(ExchangeError) {
        process = try OpeningProcess()
        shared = try SharedWithThread(waiting)
        do throws(Errno) { thread = try Thread(stack: Self.stackSize) { [shared] in shared.run() } } catch {
            throw .failed(call: "pthread_create", errno: error.rawValue)
        }
    }

    deinit {
        // The child of a fork(2) has no such thread.
        guard process.isThis else { return }
        shared.stop()
        thread.join()
    }

    /// Before its end.
    func stop() { shared.stop() }

    /// Lets the kernel tell the thread's end in a sign.
    func bind(to sign: LifeSign) { shared.bind(to: sign) }

    /// Its end is told nowhere any more.
    func unbind() { shared.unbind() }

    /// What says in a sign that this thread lives; nil where its end cannot be told.
    var number: UInt32? { shared.number }

    /// From now on this is the process that is watched.
    func watch(_ process: consuming ProcessDescriptor) { shared.watch(process) }

    /// Whether the watched process has ended.
    var peerHasEnded: Bool { shared.hasEnded.load(ordering: .acquiring) }

    /// For poll(2): readable once the watched process has ended; nil without one.
    var peerDescriptor: FileDescriptor? { shared.peerDescriptor }

    /// In bytes: little, for programs that lock all their memory.
    private static let stackSize = 128 << 10
}

/// What the thread and its owner share.
@safe
private final class SharedWithThread: @unchecked Sendable {
    let hasEnded = Atomic(false)
    private let process = Mutex<ProcessDescriptor?>(nil)
    private let waiting: WaitingWord?
    private let isStopping = Atomic(false)
    /// Signalled when the thread has something to notice.
    private let bell: EventDescriptor
    /// The kernel reads it when the thread ends.
    private let sign: UnsafeMutablePointer<clinux_sign>

    init(_ waiting: WaitingWord?) throws(ExchangeError) {
        do throws(Errno) { bell = try EventDescriptor() } catch {
            throw .failed(call: "eventfd", errno: error.rawValue)
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

    /// Wakes its side again and again once the process has ended: a stranger may write into the word meanwhile.
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
            // Asked again: the process may be another by now.
            let isOver = process.withLock { process in
                let isOver = process?.hasEnded ?? false
                if isOver { self.hasEnded.store(true, ordering: .sequentiallyConsistent) }
                return isOver
            }
            if isOver { waiting?.wakeRegardless() }
        }
    }
}

/// The process that opened something, as against its children by fork(2), which inherit it.
struct OpeningProcess: Sendable {
    private let mark: UInt32

    /// This process.
    init() throws(ExchangeError) {
        do throws(Errno) { _ = try valueOrErrno { clinux_process_mark() == 0 ? -1 : 0 } } catch {
            throw .failed(call: "madvise", errno: error.rawValue)
        }
        mark = clinux_process_mark()
    }

    /// Whether it is this process.
    var isThis: Bool { clinux_process_mark() == mark }

    /// Throws `inherited` in another process.
    func check() throws(ExchangeError) {
        guard isThis else { throw .inherited }
    }
}
