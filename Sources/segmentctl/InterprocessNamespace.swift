import SegmentClient
import SystemPackage

/// A broker in another IPC namespace, from a container say: its keys and identifiers mean nothing here.
extension SegmentClient {
    /// Throws `otherNamespace`, as attaching does, before anything is asked for.
    func requireOwnNamespace() throws(SegmentClientError) {
        let broker = try status().ipcNamespace
        let own: UInt64
        do throws(Errno) { own = try LinuxKernel().ipcNamespace() } catch {
            throw .failed(call: "stat", errno: error.rawValue)
        }
        guard broker == own else { throw .otherNamespace(broker: broker, own: own) }
    }
}

extension GlobalOptions {
    /// For verbs whose answer is to be used in this process's IPC namespace.
    func clientOfOwnNamespace() throws(SegmentClientError) -> SegmentClient {
        let client = try client()
        try client.requireOwnNamespace()
        return client
    }

    /// For verbs that show what the broker has, wherever it is.
    func noticeOtherNamespace(_ client: SegmentClient) {
        guard !quiet else { return }
        do throws(SegmentClientError) {
            try client.requireOwnNamespace()
        } catch {
            if case .otherNamespace = error { notice("\(error)") }
        }
    }
}
