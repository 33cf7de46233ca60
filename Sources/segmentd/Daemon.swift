import EventLoop
import Logging
import POSIX
import SegmentBroker
import SegmentConfiguration
import SegmentModel
import SegmentRecords
import SegmentService
import SystemPackage
import Systemd
import VarlinkServer

/// Creates the parts of the daemon, in the order of their dependencies.
///
/// The main thread turns the loop. Anything that may block runs on other threads, so that signals are obeyed
/// in time even if a file system or the name service hangs.
final class Daemon {
    /// The longest time of a stop; with the second for the log, no more than 5 s.
    private static let longestStop = Duration.milliseconds(3500)

    private let log: DaemonLog
    private let manager: any ServiceManager
    private let loop: EventLoop
    private let inbox: Inbox<Message>
    private let external: ExternalServices
    private let detaches = BackgroundQueue()
    private let configuration: Configuration
    private let records: any SegmentRecords & Sendable
    private let loadedRecords: LoadedRecords
    private let socketPath: FilePath
    /// The socket passed by systemd.
    private let handedOver: FileDescriptor?
    /// The socket once it is open, so that any way of ending the process can remove it.
    private let socket = Monitor<Socket?>(nil)
    private var running: Running?
    /// Kept as long as the process, since its threads never end.
    nonisolated(unsafe) private static var kept: Running?
    private let isService: Bool
    /// Whether SIGHUP arrived while the configuration was being read.
    private var isReloadDue: Bool

    enum Message {
        case signal(DaemonSignal)
        /// `StartupFiles` has the result that it waits for.
        case filesRead
        case listening(Result<Socket, StartError>)
        /// Every segment is created or blocked.
        case started
        case failed(StartError)
        case ended
    }

    /// The parts that run until the end.
    private final class Running {
        let service: SegmentService
        var server: VarlinkServer?
        private(set) var isEnded = false

        init(_ service: SegmentService) { self.service = service }

        func end(isRestart: Bool) {
            isEnded = true
            service.stop()
            service.broker.stop(isRestart: isRestart)
            server?.stop()
        }
    }

    /// Reads the configuration and locks the records; no segment is touched yet.
    ///
    /// Signals must already be blocked.
    init(_ places: Places, _ log: DaemonLog, _ manager: any ServiceManager) throws(StartError) {
        self.log = log
        self.manager = manager
        isService = places.isService
        do throws(Errno) {
            loop = try EventLoop()
            inbox = try Inbox(loop) { .signal($0) }
        } catch {
            throw .eventLoop(error)
        }
        if isService, UserNamespace.isHidingUsers { throw .userNamespace }
        let source = ConfigurationSource(places.configuration)
        external = ExternalServices(source)
        let files = StartupFiles(external.files, loop, inbox, manager)
        configuration = try files.readConfiguration(source, at: places.configuration)
        log.level.current = Logger.Level(configuration.settings.logLevel)
        (records, loadedRecords) = try files.openRecords(at: places.records)
        isReloadDue = files.isReloadDue
        try configuration.refuseVanishedDirectory(loadedRecords)
        socketPath = places.socket
        do throws(ListeningSocketsError) {
            handedOver = try ListeningSockets.take(named: "varlink")
        } catch {
            throw .handedOverSockets(error)
        }
    }

    /// Serves until a signal ends it.
    func run() throws(StartError) {
        try openSocket()
        // Meanwhile, take over recorded segments.
        do throws(StartError) { running = Running(try makeService()) } catch { inbox.post(.failed(error)) }
        var report = StartupReport(manager)
        var unanswered = "the file system of the socket, \(socketPath),"
        var isStarted = false
        while true {
            switch inbox.next(within: isStarted ? nil : report.remaining) {
            case .signal(.stop): return try end(isRestart: false)
            case .signal(.endForRestart): return try end(isRestart: true)
            case .signal(.reload): isReloadDue = true
            case .started: isStarted = true
            case .listening(.failure(let error)), .failed(let error):
                _ = removeSocket()
                throw error
            case .listening(.success(let socket)):
                unanswered = "the name service or the file of a key"
                start(on: socket)
            case .filesRead, .ended, nil: break
            }
            if !isStarted { report.sendIfDue("Starting: \(unanswered) has not answered yet") }
            if isStarted, isReloadDue {
                isReloadDue = false
                running?.service.reloadConfiguration()
            }
        }
    }

    /// Opens the socket on another thread; its outcome arrives as a message.
    private func openSocket() throws(StartError) {
        let opened = loop.expect { [inbox] in inbox.post(.listening($0)) }
        let isRunning = external.files.run { [socket, socketPath, handedOver] in
            let result = Result { () throws(StartError) in try Socket(handedOver, orAt: socketPath) }
            socket.current = try? result.get()
            opened.send(result)
        }
        guard isRunning else { throw .noThread }
    }

    /// Creates the service and takes over recorded segments.
    private func makeService() throws(StartError) -> SegmentService {
        let broker = try Broker(
            records: records,
            isService: isService,
            logger: log.logger,
            detaching: detaches
        )
        broker.takeOver(loadedRecords, configuration)
        let service = SegmentService(
            broker: broker,
            loop: loop,
            external: external,
            notifications: ServiceNotifications(manager, loop),
            logger: log.logger,
            process: .thisProcess(),
            setLogLevel: { [level = log.level] in level.current = Logger.Level($0) },
            socketProblem: { [socket] in socket.current?.problem }
        )
        service.adoptSettings()
        return service
    }

    /// Serves the segments taken over, and creates the others.
    private func start(on socket: Socket) {
        guard let running else { return }
        unsafe Self.kept = running
        running.service.start { [self] in
            serve(running, on: socket)
        } then: { [self] in
            running.service.startChecking(every: checkPeriod)
            log.say(.started, running.service.notifyReady())
            inbox.post(.started)
            // Free the memory of the configuration's texts.
            ThisProcess.trimHeap()
        }
    }

    /// Starts accepting clients, unless already done.
    private func serve(_ running: Running, on socket: Socket) {
        guard running.server == nil, !running.isEnded else { return }
        do throws(ListeningSocketError) {
            running.server = try VarlinkServer(
                running.service,
                onListeningSocket: socket.descriptor,
                loop: loop,
                onShutDown: { [inbox, socketPath] in
                    inbox.post(.failed(.socketShutDown(socketPath)))
                }
            )
        } catch {
            inbox.post(.failed(.socket(error)))
        }
    }

    private func end(isRestart: Bool) throws(StartError) {
        let status = isRestart ? "Ending for a restart, every segment is kept" : "Stopping"
        manager.tell([.stopping, .status(status)])
        log.say(.stopped, status)
        // Without a thread, nothing watches over the stop.
        try? Thread.detach { [log] in
            Thread.sleep(Self.longestStop)
            log.say(.stuck)
            log.drain()
            ThisProcess.exit(StartError.stuck.exitStatus, atOnce: true)
        }
        running?.end(isRestart: isRestart)
        guard removeSocket() else { throw .stuck }
        // Retry notifications that could not be sent before.
        manager.tell([])
    }

    /// Removes the socket's path; returns false if its file system does not answer.
    private func removeSocket() -> Bool {
        guard let socket = socket.current else { return true }
        let expected = loop.expect { [inbox] in inbox.post(.ended) }
        let removal: @Sendable () -> Void = {
            socket.remove()
            expected.send(())
        }
        // On a thread of its own, so that nothing delays it.
        do throws(Errno) { try Thread.detach(removal) } catch { removal() }
        let deadline = Deadline(Self.longestStop)
        while let message = inbox.next(within: deadline.remaining) {
            if case .ended = message { return true }
        }
        return false
    }

    /// 15 s, or half of systemd's watchdog timeout if that is shorter.
    private var checkPeriod: Duration {
        let longest = Duration.seconds(15)
        return NotifySocket.watchdogTimeout.map { min($0 / 2, longest) } ?? longest
    }
}
