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
import Varlink

extension ConfigurationSource {
    /// Files and the name service.
    init(_ location: ConfigurationLocation) {
        let reader = ConfigurationReader(location, daemonUserID: ThisProcess.userID)
        self.init(
            read: {
                do throws(ConfigurationInvalid) { return .success(try reader.read()) } catch {
                    return .failure(error)
                }
            },
            group: { GroupLookup(named: $0) },
            ownGroup: OwnGroup.current,
            key: { KeyLookup($0, in: LinuxKernel()) },
            mountPoints: { MountPoints.current }
        )
    }
}

extension Broker {
    /// On this host's kernel and clocks; `detaches` does what may take long.
    convenience init(
        records: any SegmentRecords & Sendable,
        isService: Bool,
        logger: Logger,
        detaching detaches: BackgroundQueue
    ) throws(StartError) {
        let kernel = LinuxKernel()
        do throws(Errno) {
            try self.init(
                kernel: kernel,
                records: records,
                clock: SystemClock(),
                identity: .current(isService: isService),
                logger: logger,
                detachElsewhere: { address in
                    let detach: @Sendable () -> Void = { try? kernel.detach(address) }
                    if !detaches.run(detach) { detach() }
                }
            )
        } catch {
            throw .ipcNamespace(error)
        }
    }
}

extension BrokerIdentity {
    /// The process's own user and group, which is known by its number until the name service has been asked.
    static func current(isService: Bool) -> BrokerIdentity {
        BrokerIdentity(
            userID: ThisProcess.effectiveUserID,
            groupID: ThisProcess.effectiveGroupID,
            groupName: String(ThisProcess.effectiveGroupID),
            isService: isService
        )
    }
}

extension OwnGroup {
    /// Asks the name service; nil where it knows no such group.
    @Sendable static func current() -> OwnGroup? {
        NameService.group(ThisProcess.effectiveGroupID).map { OwnGroup(name: $0.name, members: $0.members) }
    }
}

extension SegmentService.DaemonProcess {
    /// A process that starts now.
    static func thisProcess() -> SegmentService.DaemonProcess {
        SegmentService.DaemonProcess(
            identity: .segmentd,
            processID: ThisProcess.id,
            started: SystemClock().realtime(),
            descriptors: Int(clamping: ThisProcess.descriptorLimit ?? .max)
        )
    }
}

extension ServiceIdentity {
    static let segmentd = ServiceIdentity(
        vendor: "The segmentd project",
        product: "segmentd",
        version: Product.version,
        url: "https://segmentd.io/"
    )
}
