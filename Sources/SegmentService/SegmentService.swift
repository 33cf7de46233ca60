package import EventLoop
package import Logging
package import SegmentBroker
import SegmentInterface
package import SegmentModel
import SystemVSharedMemory
package import Varlink
import VarlinkServer

/// The broker's service to clients: methods, subscriptions, quotas and timers.
///
/// It lives on the server's event loop and owns the broker there; none of it is `Sendable`.
package final class SegmentService {
    package let broker: Broker
    let loop: EventLoop
    let external: ExternalServices
    let notifications: ServiceNotifications
    let logger: Logger
    let setLogLevel: (LogLevel) -> Void
    /// Checks the socket's path; slow, so never called on the event loop.
    let socketProblem: @Sendable () -> SegmentProblem?
    let process: DaemonProcess
    package let identity: ServiceIdentity

    var administrators: Administrators
    var quota: ConnectionQuota
    var groupLists = GroupLists()
    var subscribers: [ObjectIdentifier: Subscription] = [:]
    var reload = ReloadQueue()
    var deadline: (due: Duration, timer: EventLoop.ScheduledTimer)?
    var checkTimer: EventLoop.ScheduledTimer?
    /// The lookups of the configuration in force.
    var questions = ExternalServices.Questions(Configuration(directory: ""))
    /// The number of checks so far.
    var checks = 0
    /// The number of configurations applied so far; answers for earlier ones are dropped.
    var reloads = 0
    /// Whether a check's lookups are under way.
    var isLookingUp = false
    /// The lookups that calls to Acquire wait for, by segment name.
    var pendingLookups: [String: PendingLookup] = [:]
    var startup = Startup.over
    var isStopped = false
    /// Work queued behind the running work.
    var pending: [(work: () -> BrokerWork, completion: (BrokerWork) -> Void)] = []
    var isWorking = false
    /// Disconnected clients whose many leases are being ended in slices.
    var leaving: [LeaseHolder] = []
    /// The last status line sent, so that it is not repeated.
    var lastStatus = ""
    /// Appended to the status line until the next successful reload.
    var note: String?
    /// The problem found at the last check of the socket's path.
    var socketGone: SegmentProblem?

    /// The progress of the start.
    enum Startup {
        case underWay
        /// The outside services have not answered within a reload's time limit.
        case unanswered
        /// Every segment is created or blocked.
        case over
    }

    /// The process as GetStatus reports it.
    package struct DaemonProcess: Sendable {
        package var identity: ServiceIdentity
        package var processID: Int32
        /// CLOCK_REALTIME, in µs.
        package var started: Int64
        /// The limit of open file descriptors.
        package var descriptors: Int

        package init(identity: ServiceIdentity, processID: Int32, started: Int64, descriptors: Int = .max) {
            self.identity = identity
            self.processID = processID
            self.started = started
            self.descriptors = descriptors
        }
    }

    package init(
        broker: Broker,
        loop: EventLoop,
        external: ExternalServices,
        notifications: ServiceNotifications,
        logger: Logger,
        process: DaemonProcess,
        setLogLevel: @escaping (LogLevel) -> Void,
        socketProblem: @escaping @Sendable () -> SegmentProblem? = { nil }
    ) {
        self.broker = broker
        self.loop = loop
        self.external = external
        self.notifications = notifications
        self.logger = logger
        self.process = process
        identity = process.identity
        self.setLogLevel = setLogLevel
        self.socketProblem = socketProblem
        administrators = Administrators(ownUserID: broker.identity.userID)
        quota = ConnectionQuota(ownUserID: broker.identity.userID)
    }

    /// Applies the settings of the broker's current configuration.
    package func adoptSettings() {
        adoptAdministrators()
        setLogLevel(broker.configuration.settings.logLevel)
    }

    /// The status line with current numbers.
    var statusLine: String {
        StatusLine.serving(
            segments: broker.segmentCount,
            blocked: broker.blockedCount,
            leases: broker.leaseCount,
            notes: [note, socketGone?.message].compactMap(\.self)
        )
    }

    /// Tells the service manager that segments exist and the socket is served; returns the status line.
    package func notifyReady() -> String {
        lastStatus = statusLine
        notifications.ready(lastStatus)
        return lastStatus
    }

    func notifyStatus() {
        let line = statusLine
        guard line != lastStatus else { return }
        lastStatus = line
        notifications.status(line)
    }
}

extension SegmentService {
    func report(_ level: Logger.Level, _ event: LoggedEvent, _ text: String) {
        logger.log(level: level, "\(text)", metadata: [LoggedKey.event.rawValue: .string(event.rawValue)])
    }
}
