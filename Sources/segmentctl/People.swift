import Glibc
import SegmentClient
import SystemPackage

/// Names for numbers, that the daemon does not ask for.
enum People {
    static func user(_ number: UInt32) -> String? {
        unsafe getpwuid(number).map { unsafe String(cString: $0.pointee.pw_name) }
    }

    /// The number where there is no name.
    static func group(_ number: UInt32) -> String {
        unsafe getgrgid(number).map { unsafe String(cString: $0.pointee.gr_name) } ?? String(number)
    }

    /// What the kernel calls a process; nil once it is gone.
    static func command(_ process: Int32) -> String? {
        guard let file = try? FileDescriptor.open(FilePath("/proc/\(process)/comm"), .readOnly) else {
            return nil
        }
        defer { try? file.close() }
        var text = [UInt8](repeating: 0, count: 64)
        guard let count = try? unsafe text.withUnsafeMutableBytes({ unsafe try file.read(into: $0) }),
            count > 0
        else { return nil }
        return String(decoding: text[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}

extension SegmentDescription {
    /// With the names that this process can see.
    var named: SegmentDescription {
        var named = self
        named.leases = leases.map { lease in
            var lease = lease
            lease.userName = lease.userName ?? People.user(lease.userID)
            lease.command = lease.command ?? People.command(lease.processID)
            return lease
        }
        if let number = UInt32(group) { named.group = People.group(number) }
        return named
    }
}
