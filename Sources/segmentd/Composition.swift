import Glibc
import SegmentBroker
import SegmentConfiguration
import SegmentModel
import SegmentService
import Systemd
import Varlink

extension ConfigurationSource {
    /// Files and the name service.
    init(_ location: ConfigurationLocation) {
        let reader = ConfigurationReader(location, daemonUserID: getuid())
        self.init(
            read: {
                do throws(ConfigurationInvalid) { return .success(try reader.read()) } catch {
                    return .failure(error)
                }
            },
            groups: { GroupTable(lookingUp: $0) }
        )
    }
}

extension Announcements {
    /// In the words of sd_notify(3).
    init(_ manager: any ServiceManager) {
        self.init(
            reloading: { manager.tell([.reloading(at: Self.monotonicMicroseconds), .status("Reloading")]) },
            ready: { manager.tell([.ready, .status($0)]) },
            status: { manager.tell([.status($0)]) },
            alive: { manager.tell([.watchdog]) }
        )
    }

    private static var monotonicMicroseconds: UInt64 {
        let (seconds, attoseconds) = SystemClock().monotonic().components
        return UInt64(seconds) * 1_000_000 + UInt64(attoseconds / 1_000_000_000_000)
    }
}

extension BrokerIdentity {
    /// The process's own user and group.
    static func current(isService: Bool) -> BrokerIdentity {
        let group = getegid()
        let entry = unsafe getgrgid(group)
        var members: [String] = []
        var next = unsafe entry?.pointee.gr_mem
        while let name = unsafe next?.pointee {
            unsafe members.append(String(cString: name))
            unsafe next? += 1
        }
        return BrokerIdentity(
            userID: geteuid(),
            groupID: group,
            groupName: unsafe entry.map { unsafe String(cString: $0.pointee.gr_name) } ?? String(group),
            isService: isService,
            groupMembers: members
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
