package import POSIX
import SegmentBroker
import SegmentInterface
package import SegmentModel
import SystemVSharedMemory
package import Varlink
package import VarlinkServer
import SystemPackage

/// The methods: each decodes, authorizes, gives the broker one command, and replies.
extension SegmentService: VarlinkApplication {
    package var interfaces: [VarlinkInterface] { [.broker, .systemdService] }
    package var longestMessage: Int { Int(clamping: broker.configuration.settings.limits.message.bytes) }

    package func answerTogether(_ body: () -> Void) { broker.together(body) }

    package func open(_ peer: PeerCredentials) -> Admission {
        let client = Client(
            processID: peer.processID,
            userID: peer.userID,
            groupID: peer.groupID,
            supplementaryGroupIDs: []
        )
        do throws(BrokerError) {
            try quota.open(
                client.userID,
                limits: broker.configuration.settings.limits.fitting(descriptors: process.descriptors)
            )
        } catch {
            return .refused(error)
        }
        return .accepted(Session(client, of: self))
    }

    func close(_ session: Session) {
        session.isClosed = true
        if let subscription = session.subscription { unsubscribe(subscription) }
        quota.close(session.client.userID)
        if let list = session.groupList { groupLists.leave(list) }
        releaseLeases(of: session)
    }

    func answer(
        _ method: BrokerMethod,
        _ call: Call,
        _ session: Session,
        _ connection: VarlinkConnection
    ) throws(MethodFailure) {
        if session.groupList == nil { try learnGroups(of: session, connection) }
        switch method {
        case .acquire:
            let parameters: AcquireParameters = try decode(call)
            acquire(parameters, session, connection)
        case .release:
            let parameters: ReleaseParameters = try decode(call)
            try release(parameters, session)
            connection.reply(NoParameters())
        case .describe:
            let parameters: DescribeParameters = try decode(call)
            connection.reply(DescribeReply(segment: try describe(parameters, session)))
        case .list:
            let _: NoParameters = try decode(call)
            guard call.mode == .more else { throw .standard(.expectedMore) }
            list(session, connection)
        case .subscribe:
            let _: NoParameters = try decode(call)
            guard call.mode == .more else { throw .standard(.expectedMore) }
            try subscribe(session, connection)
        case .getStatus:
            let _: NoParameters = try decode(call)
            connection.reply(status)
        case .remove:
            let parameters: RemoveParameters = try decode(call)
            try authorize(administrators.includes(session.client))
            try remove(parameters, session)
            connection.reply(NoParameters())
        case .renew:
            let parameters: RenewParameters = try decode(call)
            try authorize(administrators.includes(session.client))
            try renew(parameters, session)
            connection.reply(NoParameters())
        case .reload:
            let parameters: ReloadParameters = try decode(call)
            try authorize(administrators.includes(session.client))
            reloadAnswering(connection, removeAll: parameters.removeAll ?? false, withOutcome: true)
        case .reloadService:
            let _: NoParameters = try decode(call)
            try authorize(administrators.includes(session.client))
            reloadAnswering(connection, removeAll: false, withOutcome: false)
        case .ping:
            let _: NoParameters = try decode(call)
            connection.reply(NoParameters())
        case .setLogLevel:
            let parameters: SetLogLevelParameters = try decode(call)
            try authorize(administrators.isOwner(session.client))
            setLogLevel(parameters.logLevel)
            connection.reply(NoParameters())
        }
    }

    /// Reads the client's groups, at its first call: a client that makes no calls costs no lookup.
    private func learnGroups(of session: Session, _ connection: VarlinkConnection) throws(MethodFailure) {
        do throws(BrokerError) {
            let list = try groupLists.join(connection.supplementaryGroupIDs(), of: session.client.userID)
            session.groupList = list
            session.holder.client.learn(groups: list.groupIDs)
        } catch {
            throw .broker(error)
        }
    }

    private func decode<Parameters: MethodParameters>(_ call: Call) throws(MethodFailure) -> Parameters {
        do throws(InvalidParameter) {
            return try Parameters(call.parameters)
        } catch {
            throw .standard(.invalidParameter(error.parameter))
        }
    }

    private func authorize(_ isAllowed: Bool) throws(MethodFailure) {
        guard isAllowed else { throw .standard(.permissionDenied) }
    }

    private func release(_ parameters: ReleaseParameters, _ session: Session) throws(MethodFailure) {
        defer { armTimer() }
        do throws(BrokerError) {
            try broker.release(parameters.lease, session.holder)
        } catch {
            throw .broker(error)
        }
    }

    private func describe(
        _ parameters: DescribeParameters,
        _ session: Session
    ) throws(MethodFailure) -> SegmentDescription {
        do throws(BrokerError) {
            return try broker.describe(parameters.name, viewer: viewer(session))
        } catch {
            throw .broker(error)
        }
    }

    private func remove(_ parameters: RemoveParameters, _ session: Session) throws(MethodFailure) {
        defer { armTimer() }
        do throws(BrokerError) {
            try broker.remove(parameters.name, when: parameters.when ?? .ifUnused, viewer: viewer(session))
        } catch {
            throw .broker(error)
        }
    }

    private func renew(_ parameters: RenewParameters, _ session: Session) throws(MethodFailure) {
        defer { armTimer() }
        do throws(BrokerError) {
            try broker.renew(parameters.name, when: parameters.when ?? .ifUnused, viewer: viewer(session))
        } catch {
            throw .broker(error)
        }
    }

    /// Reloads the configuration and replies when done.
    private func reloadAnswering(_ connection: VarlinkConnection, removeAll: Bool, withOutcome: Bool) {
        reloadConfiguration(removeAll: removeAll) { result in
            switch result {
            case .success(let outcome):
                if withOutcome { connection.reply(outcome) } else { connection.reply(NoParameters()) }
            case .failure(let error):
                connection.fail(error)
            }
        }
    }

    /// Returns the client with its current rights: a reload may change who is an administrator.
    func viewer(_ session: Session) -> Viewer {
        Viewer(client: session.client, isAdministrator: administrators.includes(session.client))
    }

    private var status: DaemonStatus {
        let totals = broker.totals()
        let limits = totals.limits
        return DaemonStatus(
            version: identity.version,
            processID: process.processID,
            startedMicroseconds: process.started,
            configurationDirectory: FilePath(broker.configuration.directory),
            segmentCount: broker.segmentCount,
            blockedCount: totals.blocked,
            leaseCount: broker.leaseCount,
            connectionCount: quota.count,
            totalSize: ByteCount(bytes: totals.bytes),
            ipcNamespace: broker.ipcNamespace,
            kernelSegmentCount: limits?.segmentsInUse ?? 0,
            kernelSegmentLimit: limits?.segments ?? 0,
            kernelSizeLimit: ByteCount(bytes: limits?.totalBytes ?? 0),
            warnings: broker.warnings(totals) + [socketGone].compactMap(\.self)
        )
    }
}

/// The reason a call fails: an error of the broker or of the protocol.
package enum MethodFailure: Error, VarlinkError, Equatable, Sendable {
    case broker(BrokerError)
    case standard(StandardInterfaceError)

    package var name: String {
        switch self {
        case .broker(let error): error.name
        case .standard(let error): error.name
        }
    }

    package func encode(to writer: JSONWriter) {
        switch self {
        case .broker(let error): error.encode(to: writer)
        case .standard(let error): error.encode(to: writer)
        }
    }
}
