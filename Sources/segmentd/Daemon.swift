import EventLoop
import Logging
import POSIX
import SegmentBroker
import SegmentConfiguration
import SegmentModel
import SegmentRecords
import SegmentService
import SystemPackage
import SystemVSharedMemory
import Systemd
import VarlinkServer

/// Puts the parts together, in the order in which they need each other.
///
/// The main thread turns the loop: whatever may hold a thread up is done by others, so that a signal is obeyed in time
/// whatever a file system or the name service has met.
final class Daemon {
    /// How long a stop may take; with the second that the log has, no more than 5 s.
    private static let longestStop = Duration.milliseconds(3500)

    private let log: DaemonLog
    private let manager: any ServiceManager
    private let loop: EventLoop
    private let inbox: Inbox<Message>
    private let worlds: OutsideWorlds
    private let detaches = BackgroundQueue()
    private let configuration: Configuration
    private let records: any SegmentRecords & Sendable
    private let loadedRecords: LoadedRecords
    private let socketPath: FilePath
    /// What systemd handed over.
    private let handedOver: FileDescriptor?
    /// Once it is open, so that whoever ends the process finds it.
    private let socket = Monitor<Socket?>(nil)
    private var running: Running?
    /// As long as the process: its threads end with nothing else.
    nonisolated(unsafe) private static var kept: Running?
    private let isService: Bool
    /// SIGHUP came while the configuration was being read.
    private var isReloadDue: Bool

    private enum Message {
        case signal(DaemonSignal)
        case read(Result<Configuration, ConfigurationInvalid>)
        case opened(Result<(RecordDirectory, LoadedRecords), StartError>)
        case listening(Result<Socket, StartError>)
        /// Every segment is made or blocked.
        case started
        case failed(StartError)
        case ended
    }

    /// What runs until the end.
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

    /// Reads the configuration and takes the lock; no segment is touched yet.
    ///
    /// Signals are held by now.
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
        let worlds = OutsideWorlds(source)
        self.worlds = worlds
        var isReloadDue = false
        try Self.ask(worlds.files, loop, inbox, { source.read() }, Message.read)
        let place = "the file system of the configuration, \(places.configuration.directories[0]),"
        guard case .read(let read) = try Self.wait(for: place, inbox, manager, &isReloadDue) else {
            throw .interrupted
        }
        switch read {
        case .success(let configuration): self.configuration = configuration
        case .failure(let invalid): throw .configuration(invalid)
        }
        log.level.current = Logger.Level(configuration.settings.logLevel)
        try Self.ask(
            worlds.files,
            loop,
            inbox,
            { Result { () throws(StartError) in try Self.openRecords(places.records) } },
            Message.opened
        )
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
        try path.makeParent()
        do throws(RecordDirectoryError) {
            let records = try RecordDirectory(path)
            do throws(RecordsError) { return (records, try records.load()) } catch {
                throw .records(error)
            }
        } catch {
            throw .records(error)
        }
    }

    /// Has slow work done elsewhere; its outcome comes as a message.
    private static func ask<Outcome: Sendable>(
        _ queue: BackgroundQueue,
        _ loop: EventLoop,
        _ inbox: Inbox<Message>,
        _ work: @escaping @Sendable () -> Outcome,
        _ message: @escaping (Outcome) -> Message
    ) throws(StartError) {
        let expected = loop.expect { inbox.post(message($0)) }
        guard queue.run({ expected.send(work()) }) else { throw .noThread }
    }

    /// The next message that is no signal; a signal to end ends the start.
    private static func wait(
        for world: String,
        _ inbox: Inbox<Message>,
        _ manager: any ServiceManager,
        _ isReloadDue: inout Bool
    ) throws(StartError) -> Message {
        var patience = Patience()
        let deadline = Deadline(.seconds(30))
        while !deadline.hasPassed {
            switch inbox.next(within: min(patience.rest, deadline.remaining)) {
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
        private var deadline = Deadline(.seconds(5))

        var rest: Duration { deadline.remaining }

        /// True once each time it is over.
        var isOver: Bool {
            mutating get {
                guard deadline.hasPassed else { return false }
                deadline = Deadline(.seconds(5))
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
        let problem = ConfigurationProblem.vanished(directory, remedy: "create an empty one")
        throw .configuration(ConfigurationInvalid(problems: [problem]))
    }

    /// Serves until a signal ends it.
    func run() throws(StartError) {
        try Self.ask(worlds.files, loop, inbox, makeSocket, Message.listening)
        // Meanwhile what has a record is taken over.
        do throws(StartError) { running = Running(try makeService()) } catch { inbox.post(.failed(error)) }
        var patience = Patience()
        var unanswered = "the file system of the socket, \(socketPath),"
        var isStarted = false
        while true {
            switch inbox.next(within: isStarted ? nil : patience.rest) {
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
            case .read, .opened, .ended, nil: break
            }
            if !isStarted, patience.isOver {
                let status = "Starting: \(unanswered) has not answered yet"
                manager.tell([.extendTimeout(30_000_000), .status(status)])
            }
            if isStarted, isReloadDue {
                isReloadDue = false
                running?.service.reloadConfiguration()
            }
        }
    }

    /// To be called where nobody waits.
    private var makeSocket: @Sendable () -> Result<Socket, StartError> {
        { [socket, socketPath, handedOver] in
            let result = Result { () throws(StartError) in try Socket(handedOver, orAt: socketPath) }
            socket.current = try? result.get()
            return result
        }
    }

    /// Serves what has been taken over, and makes the rest.
    private func start(on socket: Socket) {
        guard let running else { return }
        unsafe Self.kept = running
        running.service.start { [self] in
            serve(running, on: socket)
        } then: { [self] in
            running.service.startChecking(every: checkPeriod)
            log.say(.started, running.service.announceReady())
            inbox.post(.started)
            // What the texts of the configuration took.
            ThisProcess.trimHeap()
        }
    }

    /// Lets clients in, unless they are already.
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
        // Where there is no room for it, nothing watches over the stop.
        try? Thread.detach { [log] in
            Thread.sleep(Self.longestStop)
            log.say(.stuck)
            log.drain()
            ThisProcess.exit(StartError.stuck.exitStatus, atOnce: true)
        }
        running?.end(isRestart: isRestart)
        guard removeSocket() else { throw .stuck }
        // What could not be told before has its last turn.
        manager.tell([])
    }

    /// Takes the socket's path away; false if its file system does not answer.
    private func removeSocket() -> Bool {
        guard let socket = socket.current else { return true }
        let expected = loop.expect { [inbox] in inbox.post(.ended) }
        let removal: @Sendable () -> Void = {
            socket.remove()
            expected.send(())
        }
        // Behind nothing that may be held up.
        do throws(Errno) { try Thread.detach(removal) } catch { removal() }
        let deadline = Deadline(Self.longestStop)
        while let message = inbox.next(within: deadline.remaining) {
            if case .ended = message { return true }
        }
        return false
    }

    /// Every 15 s, or twice in the time that systemd's watchdog waits if that is sooner.
    private var checkPeriod: Duration {
        let longest = Duration.seconds(15)
        return NotifySocket.watchdogTimeout.map { min($0 / 2, longest) } ?? longest
    }

    /// Takes over what has a record.
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
                detachElsewhere: { [detaches] address in
                    let detach: @Sendable () -> Void = { try? kernel.detach(address) }
                    if !detaches.run(detach) { detach() }
                }
            )
        } catch {
            throw .ipcNamespace(error)
        }
        broker.takeOver(loadedRecords, configuration)
        let level = log.level
        let service = SegmentService(
            broker: broker,
            loop: loop,
            worlds: worlds,
            announcements: Announcements(manager, loop),
            logger: log.logger,
            about: SegmentService.About(
                identity: .segmentd,
                processID: ThisProcess.id,
                started: clock.realtime(),
                descriptors: Int(clamping: ThisProcess.descriptorLimit ?? .max)
            ),
            setLogLevel: { level.current = Logger.Level($0) },
            socketProblem: { [socket] in socket.current?.problem }
        )
        service.adoptSettings()
        return service
    }
}
