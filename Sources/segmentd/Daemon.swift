import Glibc
import Logging
import NIOCore
import NIOPosix
import SegmentBroker
import SegmentConfiguration
import SegmentModel
import SegmentRecords
import SegmentService
import ServiceLifecycle
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
    func run() async throws(StartError) {
        let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        do {
            let (service, server) = try await eventLoop.submit {
                let service = try makeService(on: eventLoop)
                let server = try VarlinkServer(
                    service,
                    onListeningSocket: socket.descriptor,
                    eventLoop: eventLoop
                )
                return (NIOLoopBound(service, eventLoop: eventLoop), server)
            }.get()
            let signals = SignalService(
                service: service,
                eventLoop: eventLoop,
                manager: manager,
                logger: log.logger
            )
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [.init(service: signals, successTerminationBehavior: .gracefullyShutdownGroup)],
                    logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
                )
            )
            try await group.run()
            await server.stop()
            socket.remove()
        } catch let error as StartError {
            throw error
        } catch let error as ListeningSocketError {
            throw .socket(error)
        } catch {
            throw .server("\(error)")
        }
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
                started: clock.realtime()
            ),
            setLogLevel: { level.value = Logger.Level($0) }
        )
        service.adoptSettings()
        return service
    }
}
