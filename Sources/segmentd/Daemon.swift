import Glibc
import Logging
import NIOCore
import NIOPosix
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
/// The main thread waits for signals alone: whatever may hold a thread up is done by others, so that a stop ends a
/// start that waits for a file system or the name service.
struct Daemon: Sendable {
    private let log = DaemonLog()
    private let manager: any ServiceManager = NotifySocket()
    private let inbox: Inbox<Message>
    private let worlds: OutsideWorlds
    private let detaches: Worker
    private let configuration: Configuration
    private let records: any SegmentRecords & Sendable
    private let loadedRecords: LoadedRecords
    private let socket: Socket
    private let isService: Bool

    private enum Message: Sendable {
        case signal(DaemonSignal)
        case read(Result<Configuration, ConfigurationInvalid>)
        case opened(Result<(RecordDirectory, LoadedRecords), StartError>)
        /// Every segment is made or blocked.
        case started(status: String)
        case failed(StartError)
    }

    /// Reads the configuration and takes the lock and the socket; no segment is touched yet.
    init(_ places: Places) throws(StartError) {
        DaemonSignal.hold()
        isService = places.isService
        detaches = Worker()
        let inbox = Inbox<Message> { .signal($0) }
        self.inbox = inbox
        let source = ConfigurationSource(places.configuration)
        let worlds = OutsideWorlds(source)
        self.worlds = worlds
        worlds.files.run { inbox.post(.read(source.read())) }
        let place = "the file system of the configuration, \(places.configuration.directories[0]),"
        guard case .read(let read) = try Self.wait(for: place, inbox, manager) else { throw .interrupted }
        switch read {
        case .success(let configuration): self.configuration = configuration
        case .failure(let invalid): throw .configuration(invalid)
        }
        log.level.value = Logger.Level(configuration.settings.logLevel)
        worlds.files.run {
            inbox.post(.opened(Result { () throws(StartError) in try Self.openRecords(places.records) }))
        }
        let state = "the file system of the records, \(places.records),"
        guard case .opened(let opened) = try Self.wait(for: state, inbox, manager) else { throw .interrupted }
        let directory: RecordDirectory
        (directory, loadedRecords) = try opened.get()
        try Self.refuseVanished(configuration, loadedRecords)
        records =
            directory.isInMemory ? directory : TimedRecords(directory, limit: .milliseconds(50))
        socket = try Socket(places.socket)
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

    /// The next message that is no signal; a reload asked for before the start is done by it.
    private static func wait(
        for world: String,
        _ inbox: Inbox<Message>,
        _ manager: any ServiceManager
    ) throws(StartError) -> Message {
        for _ in 0..<6 {
            switch inbox.next(within: .seconds(5)) {
            case .signal(.reload): break
            case .signal: throw .interrupted
            case let message?: return message
            case nil:
                manager.tell([.extendTimeout(30_000_000), .status("Starting: \(world) does not answer")])
            }
        }
        throw .unanswered(world)
    }

    /// Segments whose directory is gone are not taken for segments that are to go.
    private static func refuseVanished(
        _ configuration: Configuration,
        _ loaded: LoadedRecords
    ) throws(StartError) {
        guard let directory = configuration.vanishedDirectory(of: Set(loaded.records.map(\.name))) else { return }
        let problem = ConfigurationProblem.vanished(directory, remedy: "make an empty one")
        throw .configuration(ConfigurationInvalid(problems: [problem]))
    }

    /// Serves until a signal ends it.
    func run() throws(StartError) {
        let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let server = NIOLoopBoundBox<VarlinkServer?>.makeBoxSendingValue(nil, eventLoop: eventLoop)
        do {
            let service = try eventLoop.submit {
                let service = NIOLoopBound(try makeService(on: eventLoop), eventLoop: eventLoop)
                service.value.start {
                    serve(service.value, server, eventLoop)
                } then: {
                    inbox.post(.started(status: service.value.statusLine))
                }
                return service
            }.wait()
            let isRestart = try obeyMessages(service, eventLoop)
            announceEnd(isRestart: isRestart)
            let serving = try eventLoop.submit {
                service.value.stopChecking()
                service.value.broker.stop(isRestart: isRestart)
                return server.value
            }.wait()
            try serving?.stop()
            socket.remove()
        } catch let error as StartError {
            throw error
        } catch {
            throw .server("\(error)")
        }
    }

    /// On the event loop: lets clients in, unless they are already.
    private func serve(
        _ service: SegmentService,
        _ server: NIOLoopBoundBox<VarlinkServer?>,
        _ eventLoop: any EventLoop
    ) {
        guard server.value == nil else { return }
        do throws(ListeningSocketError) {
            server.value = try VarlinkServer(
                service,
                onListeningSocket: socket.descriptor,
                eventLoop: eventLoop
            )
        } catch {
            inbox.post(.failed(.socket(error)))
        }
    }

    /// Returns when a signal ends the daemon, with whether it is started again at once.
    private func obeyMessages(
        _ service: NIOLoopBound<SegmentService>,
        _ eventLoop: any EventLoop
    ) throws -> Bool {
        var isStarted = false
        var isReloadDue = false
        while true {
            switch inbox.next(within: isStarted ? nil : .seconds(5)) {
            case .signal(.stop): return false
            case .signal(.endForRestart): return true
            case .signal(.reload):
                isReloadDue = true
            case .started(let status):
                isStarted = true
                try announceReady(service, eventLoop, status)
            case .failed(let error): throw error
            case .read, .opened: break
            case nil:
                manager.tell([
                    .extendTimeout(30_000_000),
                    .status("Starting: the name service or the file of a key has not answered yet"),
                ])
            }
            if isStarted, isReloadDue {
                isReloadDue = false
                try eventLoop.submit { service.value.reloadConfiguration() }.wait()
            }
        }
    }

    private func announceReady(
        _ service: NIOLoopBound<SegmentService>,
        _ eventLoop: any EventLoop,
        _ status: String
    ) throws {
        let period = checkPeriod
        try eventLoop.submit { service.value.startChecking(every: period) }.wait()
        log.say(.started, status)
        manager.tell([.ready, .status(status)])
    }

    private func announceEnd(isRestart: Bool) {
        let status = isRestart ? "Ending for a restart, every segment is kept" : "Stopping"
        manager.tell([.stopping, .status(status)])
        log.say(.stopped, status)
    }

    /// Every 15 s, or twice in the time that systemd's watchdog waits if that is sooner.
    private var checkPeriod: Duration {
        let longest = Duration.seconds(15)
        return NotifySocket.watchdogTimeout.map { min($0 / 2, longest) } ?? longest
    }

    /// On the event loop: takes over what has a record.
    private func makeService(on eventLoop: any EventLoop) throws(StartError) -> SegmentService {
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
            announcements: Announcements(manager),
            logger: log.logger,
            about: SegmentService.About(
                identity: .segmentd,
                processID: getpid(),
                started: clock.realtime(),
                descriptors: DescriptorLimit.current
            ),
            setLogLevel: { level.value = Logger.Level($0) }
        )
        service.adoptSettings()
        return service
    }
}
