import CLinux
import Glibc
import Synchronization

/// A thread of a side's own, which sleeps until something ends.
///
/// It watches the other side's process, so that its end is told at once, also to a side that sleeps on a word in
/// memory. And its own end, with the process or by execve(2), is told by the kernel in the memory: `LifeSign`. Until
/// then it costs neither a system call nor a wake-up.
final class SideThread: Sendable {
    private let shared: SharedWithThread
    private let thread: pthread_t
    private let process: OpeningProcess

    /// `waiting` is what this side sleeps on; it has to outlive the thread.
    init(waking waiting: WaitingWord? = nil) throws(ExchangeError) {
        process = try OpeningProcess()
        let shared = try SharedWithThread(waiting)
        thread = try Self.start(shared)
        self.shared = shared
    }

    deinit {
        // The child of a fork(2) has no such thread.
        guard process.isThis else { return }
        shared.stop()
        pthread_join(thread, nil)
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
    func watch(_ process: consuming PeerProcess) { shared.watch(process) }

    /// Whether the watched process has ended.
    var peerHasEnded: Bool { shared.hasEnded.load(ordering: .acquiring) }

    /// For poll(2): readable once the watched process has ended; -1 without one.
    var peerDescriptor: Int32 { shared.peerDescriptor }

    /// In bytes: little, for programs that lock all their memory.
    private static let stackSize = 128 << 10

    private static func start(_ shared: SharedWithThread) throws(ExchangeError) -> pthread_t {
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(shared)
        let error = unsafe clinux_start_thread(
            &thread,
            stackSize,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<SharedWithThread>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            },
            argument.toOpaque()
        )
        guard error == 0 else {
            unsafe argument.release()
            throw .failed(call: "pthread_create", errno: error)
        }
        return thread
    }
}

/// What the thread and its owner share.
@safe
private final class SharedWithThread: @unchecked Sendable {
    let hasEnded = Atomic(false)
    private let process = Mutex<PeerProcess?>(nil)
    private let waiting: WaitingWord?
    private let isStopping = Atomic(false)
    /// An eventfd(2), readable when the thread has something to notice.
    private let bell: Int32
    /// The kernel reads it when the thread ends.
    private let sign: UnsafeMutablePointer<clinux_sign>

    init(_ waiting: WaitingWord?) throws(ExchangeError) {
        let bell = clinux_event_descriptor()
        guard bell >= 0 else { throw .failed(call: "eventfd", errno: errno) }
        self.bell = bell
        self.waiting = waiting
        unsafe sign = .allocate(capacity: 1)
        unsafe sign.initialize(to: clinux_sign())
    }

    deinit {
        close(bell)
        unsafe sign.deallocate()
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        ring()
    }

    func watch(_ process: consuming PeerProcess) {
        var next = Optional(process)
        self.process.withLock { process in
            process = next.take()
            hasEnded.store(false, ordering: .sequentiallyConsistent)
        }
        ring()
    }

    var peerDescriptor: Int32 { process.withLock { $0?.descriptor ?? -1 } }

    var number: UInt32? {
        let thread = unsafe clinux_sign_thread(sign)
        return thread == CLINUX_NO_SIGN ? nil : thread
    }

    func bind(to life: LifeSign) { unsafe clinux_sign_bind(sign, life.address) }

    func unbind() { unsafe clinux_sign_unbind(sign) }

    private func ring() {
        var one: UInt64 = 1
        _ = unsafe write(bell, &one, 8)
    }

    /// Wakes its side again and again once the process has ended: a stranger may write into the word meanwhile.
    func run() {
        unsafe clinux_sign_begin(sign)
        var count: UInt64 = 0
        while true {
            let hasEnded = hasEnded.load(ordering: .relaxed)
            var entries = [
                pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
                pollfd(fd: hasEnded ? -1 : peerDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&entries, 2, hasEnded ? 100 : -1)
            if ready > 0, entries[0].revents != 0 { _ = unsafe read(bell, &count, 8) }
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
