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
    /// Creates a source that reads files and asks the name service.
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
    /// Creates a broker on this host's kernel and clocks; `detaches` runs detaches that may take long.
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
    /// Returns the credentials of this process; the group is known only by its number until it has been
    /// looked up.
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
    /// Looks up this process's group; nil if there is none.
    @Sendable static func current() -> OwnGroup? {
        NameService.group(ThisProcess.effectiveGroupID).map { OwnGroup(name: $0.name, members: $0.members) }
    }
}

extension SegmentService.DaemonProcess {
    /// Returns the description of this process, as started now.
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
