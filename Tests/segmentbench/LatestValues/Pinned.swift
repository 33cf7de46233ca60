import CLinux
import Glibc

/// Two processors, one for this process and one for another.
struct Pinned {
    private let own: UInt64
    private let other: UInt64

    /// A row or none: two processors are needed.
    static func row(_ body: (Pinned) throws -> Row) throws -> [Row] {
        let all = clinux_processors()
        guard all.nonzeroBitCount > 1 else { return [] }
        let own = all & ~(all - 1)
        let rest = all & ~own
        defer { _ = clinux_use_processors(all) }
        return [try body(Pinned(own: own, other: rest & ~(rest - 1)))]
    }

    func useOwn() throws { try use(own) }

    func useOther() throws { try use(other) }

    private func use(_ mask: UInt64) throws {
        guard clinux_use_processors(mask) == 0 else {
            throw BenchmarkError.call("sched_setaffinity", errno: errno)
        }
    }
}
