import CLinux
import Glibc
import Logging
import NIOCore
import NIOPosix
import SegmentBroker
import SegmentConfiguration
import SegmentModel
import SegmentRecords
import SegmentService
import Synchronization
import SystemPackage
import SystemVSharedMemory
import Systemd
import VarlinkServer

/// Puts the parts together, in the order in which they need each other.
///
/// The main thread waits for messages alone: whatever may hold a thread up is done by others, so that a signal is obeyed
/// in time whatever a file system, the name service or the event loop has met.
struct Daemon: Sendable {
    /// How long the event loop has for a stop; with the second that the log has, no more than 5 s.
    private static let longestStop = Duration.milliseconds(3500)

    private let log: DaemonLog
    private let manager: any ServiceManager
    private let inbox = Inbox<Message> { .signal($0) }
    private let worlds: OutsideWorlds
    private let detaches = Worker()
    private let configuration: Configuration
    private let records: any SegmentRecords & Sendable
    private let loadedRecords: LoadedRecords
    private let socketPath: FilePath
    /// What systemd handed over.
    private let handedOver: Int32?
    private let socket = OpenedSocket()
    private let running: NIOLoopBoundBox<Running?>
    private let isService: Bool
    /// SIGHUP came while the configuration was being read.
    private let isReloadDue: Bool
    private let eventLoop: any EventLoop

    private enum Message: Sendable {
        case signal(DaemonSignal)
        case read(Result<Configuration, ConfigurationInvalid>)
        case opened(Result<(RecordDirectory, LoadedRecords), StartError>)
        case listening(Result<Socket, StartError>)
        /// Every segment is made or blocked.
        case started
        case failed(StartError)
        case ended
    }

    /// The socket once it is open, so that whoever ends the process finds it.
    private final class OpenedSocket: Sendable {
        private let socket = Mutex<Socket?>(nil)
        var value: Socket? {
            get { socket.withLock { $0 } }
            set { socket.withLock { $0 = newValue } }
        }
    }

    /// What runs until the end, on the event loop.
    private final class Running {
        let service: SegmentService
        var server: VarlinkServer?
        private(set) var isEnded = false

        init(_ service: SegmentService) { self.service = service }

        func end(isRestart: Bool) {
            isEnded = true
            service.stopChecking()
            service.broker.stop(isRestart: isRestart)
            server?.stop()
        }
    }

    /// Reads the configuration and takes the lock; no segment is touched yet.
    ///
    /// Signals are held by now.
    init(_ places: Places, _ log: DaemonLog, _ manager: any ServiceManager) throws(StartError) {
        self.log = log
        self.manager = manager
        isService = places.isService
        eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        running = NIOLoopBoundBox.makeEmptyBox(valueType: Running.self, eventLoop: eventLoop)
        if isService, UserNamespace.isHidingUsers { throw .userNamespace }
        let inbox = inbox
        let source = ConfigurationSource(places.configuration)
        let worlds = OutsideWorlds(source)
        self.worlds = worlds
        var isReloadDue = false
        worlds.files.run { inbox.post(.read(source.read())) }
        let place = "the file system of the configuration, \(places.configuration.directories[0]),"
        guard case .read(let read) = try Self.wait(for: place, inbox, manager, &isReloadDue) else {
            throw .interrupted
        }
        switch read {
        case .success(let configuration): self.configuration = configuration
        case .failure(let invalid): throw .configuration(invalid)
        }
        log.level.value = Logger.Level(configuration.settings.logLevel)
        worlds.files.run {
            inbox.post(.opened(Result { () throws(StartError) in try Self.openRecords(places.records) }))
        }
        let state = "the file system of the records, \(places.records),"
        guard case .opened(let opened) = try Self.wait(for: state, inbox, manager, &isReloadDue) else {
            throw .interrupted
        }
        self.isReloadDue = isReloadDue
        let directory: RecordDirectory
        (directory, loadedRecords) = try opened.get()
        try Self.refuseVanished(configuration, loadedRecords)
        records =
            directory.isInMemory ? directory : TimedRecords(directory, limit: .milliseconds(50))
        socketPath = places.socket
        do throws(ListeningSocketsError) {
            handedOver = try ListeningSockets.take(named: "varlink")
        } catch {
            throw .handedOverSockets(error)
        }
    }

    private static func openRecords(
        _ path: FilePath
    ) throws(StartError) -> (RecordDirectory, LoadedRecords) {
        try Directories.makeParent(of: path)
        do throws(RecordDirectoryError) {
            let records = try RecordDirectory(path)
            do throws(RecordsError) { return (records, try records.load()) } catch {
                throw .records(error)
            }
        } catch {
            throw .records(error)
        }
    }

    /// The next message that is no signal; a signal to end ends the start.
    private static func wait(
        for world: String,
        _ inbox: Inbox<Message>,
        _ manager: any ServiceManager,
        _ isReloadDue: inout Bool
    ) throws(StartError) -> Message {
        var patience = Patience()
        let end = ContinuousClock.now + .seconds(30)
        while end > .now {
            switch inbox.next(within: min(patience.rest, end - .now)) {
            case .signal(.reload): isReloadDue = true
            case .signal: throw .interrupted
            case let message?: return message
            case nil: break
            }
            if patience.isOver {
                manager.tell([.extendTimeout(30_000_000), .status("Starting: \(world) does not answer")])
            }
        }
        throw .unanswered(world)
    }

    /// How long until it is told again that the start waits, however many messages come meanwhile.
    private struct Patience {
        private var end = ContinuousClock.now + .seconds(5)

        var rest: Duration { max(.zero, end - .now) }

        /// True once each time it is over.
        var isOver: Bool {
            mutating get {
                guard end <= .now else { return false }
                end = .now + .seconds(5)
                return true
            }
        }
    }

    /// Segments whose directory is gone are not taken for segments that are to go.
    private static func refuseVanished(
        _ configuration: Configuration,
        _ loaded: LoadedRecords
    ) throws(StartError) {
        guard let directory = configuration.vanishedDirectory(of: Set(loaded.records.map(\.name))) else {
            return
        }
        let problem = ConfigurationProblem.vanished(directory, remedy: "make an empty one")
        throw .configuration(ConfigurationInvalid(problems: [problem]))
    }

    /// Serves until a signal ends it.
    func run() throws(StartError) {
        eventLoop.execute { takeOver() }
        worlds.files.run { [inbox, socket, socketPath, handedOver] in
            let result = Result { () throws(StartError) in try Socket(handedOver, orAt: socketPath) }
            socket.value = try? result.get()
            inbox.post(.listening(result))
        }
        var patience = Patience()
        var unanswered = "the file system of the socket, \(socketPath),"
        var isStarted = false
        var isReloadDue = isReloadDue
        while true {
            switch inbox.next(within: isStarted ? nil : patience.rest) {
            case .signal(.stop): return try end(isRestart: false)
            case .signal(.endForRestart): return try end(isRestart: true)
            case .signal(.reload): isReloadDue = true
            case .started: isStarted = true
            case .listening(.failure(let error)), .failed(let error):
                removeSocket()
                throw error
            case .listening(.success(let socket)):
                unanswered = "the name service or the file of a key"
                eventLoop.execute { start(on: socket) }
            case .signal(.wake), .read, .opened, .ended, nil: break
            }
            if !isStarted, patience.isOver {
                let status = "Starting: \(unanswered) has not answered yet"
                manager.tell([.extendTimeout(30_000_000), .status(status)])
            }
            if isStarted, isReloadDue {
                isReloadDue = false
                eventLoop.execute { running.value?.service.reloadConfiguration() }
            }
        }
    }

    /// On the event loop: takes over what has a record.
    private func takeOver() {
        do throws(StartError) {
            running.value = Running(try makeService())
        } catch {
            inbox.post(.failed(error))
        }
    }

    /// On the event loop: serves what has been taken over, and makes the rest.
    private func start(on socket: Socket) {
        guard let running = running.value else { return }
        // As long as the process: its threads end with nothing else.
        _ = unsafe Unmanaged.passRetained(running)
        running.service.start {
            serve(running, on: socket)
        } then: {
            running.service.startChecking(every: checkPeriod)
            log.say(.started, running.service.announceReady())
            inbox.post(.started)
            // What the texts of the configuration took.
            clinux_trim_heap()
        }
    }

    /// On the event loop: lets clients in, unless they are already.
    private func serve(_ running: Running, on socket: Socket) {
        guard running.server == nil, !running.isEnded else { return }
        do throws(ListeningSocketError) {
            running.server = try VarlinkServer(
                running.service,
                onListeningSocket: socket.descriptor,
                eventLoop: eventLoop
            )
        } catch {
            inbox.post(.failed(.socket(error)))
        }
    }

    private func end(isRestart: Bool) throws(StartError) {
        let status = isRestart ? "Ending for a restart, every segment is kept" : "Stopping"
        manager.tell([.stopping, .status(status)])
        log.say(.stopped, status)
        eventLoop.execute {
            running.value?.end(isRestart: isRestart)
            socket.value?.remove()
            inbox.post(.ended)
        }
        let end = ContinuousClock.now + Self.longestStop
        while true {
            switch inbox.next(within: end - .now) {
            case .ended:
                // What could not be told before has its last turn.
                manager.tell([])
                return
            case nil: throw .stuck
            default: break
            }
        }
    }

    /// Takes away a socket that was made for a start that fails, if its file system answers.
    private func removeSocket() {
        eventLoop.execute {
            socket.value?.remove()
            inbox.post(.ended)
        }
        let end = ContinuousClock.now + Self.longestStop
        while let message = inbox.next(within: end - .now) {
            if case .ended = message { return }
        }
    }

    /// Every 15 s, or twice in the time that systemd's watchdog waits if that is sooner.
    private var checkPeriod: Duration {
        let longest = Duration.seconds(15)
        return NotifySocket.watchdogTimeout.map { min($0 / 2, longest) } ?? longest
    }

    /// On the event loop: takes over what has a record.
    private func makeService() throws(StartError) -> SegmentService {
        let kernel = LinuxKernel()
        let clock = SystemClock()
        let broker: Broker
        do throws(Errno) {
            broker = try Broker(
                kernel: kernel,
                records: records,
                clock: clock,
                identity: .current(isService: isService),
                logger: log.logger,
                detachElsewhere: { [detaches] address in detaches.run { try? kernel.detach(address) } }
            )
        } catch {
            throw .ipcNamespace(error)
        }
        broker.takeOver(loadedRecords, configuration)
        let level = log.level
        let service = SegmentService(
            broker: broker,
            eventLoop: eventLoop,
            worlds: worlds,
            announcements: Announcements(manager, eventLoop),
            logger: log.logger,
            about: SegmentService.About(
                identity: .segmentd,
                processID: getpid(),
                started: clock.realtime(),
                descriptors: DescriptorLimit.current
            ),
            setLogLevel: { level.value = Logger.Level($0) },
            socketProblem: { [socket] in socket.value?.problem }
        )
        service.adoptSettings()
        return service
    }
}
