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
struct Daemon: Sendable {
    private let log = DaemonLog()
    private let manager: any ServiceManager = NotifySocket()
    private let source: ConfigurationSource
    private let configuration: Configuration
    private let groups: GroupTable
    private let records: RecordDirectory
    private let socket: Socket
    private let isService: Bool

    /// Reads the configuration and takes the lock and the socket; no segment is touched yet.
    init(_ places: Places) throws(StartError) {
        isService = places.isService
        source = ConfigurationSource(places.configuration)
        switch source.load() {
        case .success(let loaded): (configuration, groups) = loaded
        case .failure(let invalid): throw .configuration(invalid)
        }
        log.level.value = Logger.Level(configuration.settings.logLevel)
        try Directories.makeParent(of: places.records)
        do throws(RecordDirectoryError) {
            records = try RecordDirectory(places.records)
        } catch {
            throw .records(error)
        }
        socket = try Socket(places.socket)
    }

    /// Serves until a signal ends it.
    func run() throws(StartError) {
        DaemonSignal.hold()
        let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        do {
            let (service, server) = try eventLoop.submit {
                let service = try makeService(on: eventLoop)
                let server = try VarlinkServer(
                    service,
                    onListeningSocket: socket.descriptor,
                    eventLoop: eventLoop
                )
                return (NIOLoopBound(service, eventLoop: eventLoop), server)
            }.wait()
            try announceReady(service, eventLoop)
            let isRestart = try obeySignals(service, eventLoop)
            announceEnd(isRestart: isRestart)
            try eventLoop.submit {
                service.value.stopChecking()
                service.value.broker.stop(isRestart: isRestart)
            }.wait()
            try server.stop()
            socket.remove()
        } catch let error as StartError {
            throw error
        } catch let error as ListeningSocketError {
            throw .socket(error)
        } catch {
            throw .server("\(error)")
        }
    }

    private func announceReady(_ service: NIOLoopBound<SegmentService>, _ eventLoop: any EventLoop) throws {
        let period = checkPeriod
        let status = try eventLoop.submit {
            service.value.startChecking(every: period)
            return service.value.statusLine
        }.wait()
        log.say(.started, status)
        manager.tell([.ready, .status(status)])
    }

    /// Returns when a signal ends the daemon, with whether it is started again at once.
    private func obeySignals(
        _ service: NIOLoopBound<SegmentService>,
        _ eventLoop: any EventLoop
    ) throws -> Bool {
        while true {
            switch DaemonSignal.next() {
            case .stop: return false
            case .endForRestart: return true
            case .reload: try eventLoop.submit { service.value.reloadConfiguration() }.wait()
            }
        }
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

    /// On the event loop: everything that stands before the socket is served.
    private func makeService(on eventLoop: any EventLoop) throws(StartError) -> SegmentService {
        let worker = Worker()
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
                detachElsewhere: { address in worker.run { try? kernel.detach(address) } }
            )
        } catch {
            throw .ipcNamespace(error)
        }
        do throws(RecordsError) {
            try broker.start(configuration, groups: groups) { _ in
                manager.tell([.extendTimeout(30_000_000)])
            }
        } catch {
            throw .records(.records(error))
        }
        let level = log.level
        let service = SegmentService(
            broker: broker,
            eventLoop: eventLoop,
            worker: worker,
            source: source,
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
