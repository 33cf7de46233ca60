package import EventLoop
package import Logging
package import SegmentBroker
import SegmentInterface
package import SegmentModel
import SystemVSharedMemory
package import Varlink
import VarlinkServer

/// The broker as programs see it: methods, subscriptions, quotas and timers.
///
/// It lives on the server's one event loop and owns the broker there; nothing of it is `Sendable`.
package final class SegmentService {
    package let broker: Broker
    let loop: EventLoop
    let worlds: OutsideWorlds
    let announcements: Announcements
    let logger: Logger
    let setLogLevel: (LogLevel) -> Void
    /// What is wrong with the socket's path; slow, so never asked on the event loop.
    let socketProblem: @Sendable () -> SegmentProblem?
    let about: About
    package let identity: ServiceIdentity

    var administrators: Administrators
    var quota: ConnectionQuota
    var groupLists = GroupLists()
    var subscribers: [ObjectIdentifier: Subscription] = [:]
    var reload = ReloadQueue()
    var deadline: (due: Duration, timer: EventLoop.ScheduledTimer)?
    var check: EventLoop.ScheduledTimer?
    /// What the configuration in force asks of the outside worlds.
    var questions = OutsideWorlds.Questions(Configuration(directory: ""))
    /// How many checks there have been.
    var checks = 0
    /// How many configurations have been put in force, so that answers to older ones are dropped.
    var reloads = 0
    /// Whether a check's questions are under way.
    var isAsking = false
    /// What is asked for leases, by the segment's name.
    var asking: [String: Asking] = [:]
    var startup = Startup.over
    var isStopped = false
    /// What is to be done in slices after what is being done.
    var pending: [(work: () -> BrokerWork, completion: (BrokerWork) -> Void)] = []
    var isWorking = false
    /// Connections that are gone and have many leases, which are ended in slices.
    var leaving: [LeaseHolder] = []
    /// The last line told, so that the same is not told twice.
    var announced = ""
    /// Said after the numbers until the next good reload.
    var note: String?
    /// What was wrong with the socket's path when it was last looked at.
    var socketGone: SegmentProblem?

    /// How far the start has come.
    enum Startup {
        case underWay
        /// The outside worlds have not answered for as long as a reload waits for them.
        case unanswered
        /// Each segment is made or blocked.
        case over
    }

    /// What GetStatus tells of the process.
    package struct About: Sendable {
        package var identity: ServiceIdentity
        package var processID: Int32
        /// CLOCK_REALTIME, in µs.
        package var started: Int64
        /// How many descriptors it may have open.
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
        worlds: OutsideWorlds,
        announcements: Announcements,
        logger: Logger,
        about: About,
        setLogLevel: @escaping (LogLevel) -> Void,
        socketProblem: @escaping @Sendable () -> SegmentProblem? = { nil }
    ) {
        self.broker = broker
        self.loop = loop
        self.worlds = worlds
        self.announcements = announcements
        self.logger = logger
        self.about = about
        identity = about.identity
        self.setLogLevel = setLogLevel
        self.socketProblem = socketProblem
        administrators = Administrators(ownUserID: broker.identity.userID)
        quota = ConnectionQuota(ownUserID: broker.identity.userID)
    }

    /// Puts the settings of the configuration that the broker has in force.
    package func adoptSettings() {
        adoptAdministrators()
        setLogLevel(broker.configuration.settings.logLevel)
    }

    /// The status line with the numbers of this moment.
    var statusLine: String {
        StatusLine.serving(
            segments: broker.segmentCount,
            blocked: broker.blockedCount,
            leases: broker.leaseCount,
            notes: [note, socketGone?.message].compactMap(\.self)
        )
    }

    /// Tells the service manager that segments stand and the socket is served; returns the status line.
    package func announceReady() -> String {
        announced = statusLine
        announcements.ready(announced)
        return announced
    }

    func announceStatus() {
        let line = statusLine
        guard line != announced else { return }
        announced = line
        announcements.status(line)
    }
}

extension SegmentService {
    func report(_ level: Logger.Level, _ event: LoggedEvent, _ text: String) {
        logger.log(level: level, "\(text)", metadata: [LoggedKey.event.rawValue: .string(event.rawValue)])
    }
}
