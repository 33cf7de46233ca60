import Glibc
import SegmentBroker
import SegmentConfiguration
import SegmentModel
import SegmentService
import SystemPackage
import SystemVSharedMemory
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
            group: GroupTable.lookUp,
            ownGroup: OwnGroup.current,
            key: { KeyLookup($0, in: LinuxKernel()) },
            mountPoints: { MountPoints(mountinfo: Self.mountinfo) }
        )
    }
}

extension ConfigurationSource {
    /// Empty where /proc does not show it.
    private static var mountinfo: String {
        guard
            let file = try? FileDescriptor.open(
                FilePath("/proc/self/mountinfo"),
                .readOnly,
                options: .closeOnExec
            )
        else { return "" }
        defer { try? file.close() }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = try? unsafe buffer.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
            guard let count, count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension BrokerIdentity {
    /// The process's own user and group, which is known by its number until the name service has been asked.
    static func current(isService: Bool) -> BrokerIdentity {
        BrokerIdentity(
            userID: geteuid(),
            groupID: getegid(),
            groupName: String(getegid()),
            isService: isService
        )
    }
}

extension OwnGroup {
    /// Asks the name service; getgrgid(3).
    ///
    /// To be called by one thread only; nil where it knows no such group.
    @Sendable static func current() -> OwnGroup? {
        guard let entry = unsafe getgrgid(getegid()) else { return nil }
        var members: [String] = []
        var next = unsafe entry.pointee.gr_mem
        while let name = unsafe next?.pointee {
            unsafe members.append(String(cString: name))
            unsafe next? += 1
        }
        return unsafe OwnGroup(name: String(cString: entry.pointee.gr_name), members: members)
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
