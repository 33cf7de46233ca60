import Glibc

/// A pipe by which whoever waits for its reading end is woken; pipe(2).
struct WakingPipe: Sendable {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws(ListeningSocketError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw .failed(call: "pipe", path: "", errno: errno)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }
}
