import POSIX
package import SegmentModel
import SystemPackage

extension GroupLookup {
    /// Looks up a group in the name service, by name or number.
    ///
    /// This may block indefinitely.
    package init(named group: String) {
        if let number = UInt32(group) {
            self = .found(number)
            return
        }
        do throws(Errno) {
            self = try NameService.group(named: group).map { .found($0.groupID) } ?? .unknown
        } catch {
            self = .failed(error.rawValue)
        }
    }
}
