import Glibc
import SystemPackage

extension FilePath {
    /// What stands there, links not followed; nil where nothing does; lstat(2).
    func linkStatus() throws(Errno) -> Glibc.stat? {
        var file = Glibc.stat()
        guard unsafe withPlatformString({ unsafe lstat($0, &file) }) != 0 else { return file }
        let error = Errno(rawValue: errno)
        guard error == .noSuchFileOrDirectory else { throw error }
        return nil
    }

    /// Where a link leads; readlink(2).
    func linkTarget() throws(Errno) -> FilePath {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = unsafe withPlatformString { unsafe readlink($0, &target, target.count - 1) }
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return FilePath(platformString: target)
    }
}
