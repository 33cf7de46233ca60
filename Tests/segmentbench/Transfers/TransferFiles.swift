import Glibc
import SystemPackage

/// What is carried, and where to: files in memory whose pages are all there, so that none is made while it is measured.
struct TransferFiles {
    let source: String
    let target: String

    init(in directory: WorkingDirectory, mebibytes: Int) throws {
        source = directory.path + "/source"
        target = directory.path + "/target"
        guard
            system("head -c \(mebibytes)M /dev/urandom > '\(source)' && cp '\(source)' '\(target)'") == 0
        else { throw BenchmarkError.call("write", errno: ENOSPC) }
    }

    /// What arrived last is what was sent.
    func expectEqual() throws {
        guard system("cmp '\(source)' '\(target)'") == 0 else {
            throw BenchmarkError.refused("the file that arrived is another")
        }
    }
}
