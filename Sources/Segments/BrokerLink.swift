import POSIX
import SegmentInterface
import SegmentModel
import SystemPackage
import Varlink

/// The connection to the broker, and the leases that are tied to it.
struct BrokerLink {
    private let address: BrokerAddress
    private var connection: ClientConnection?
    /// Who made the connection: a child of fork(2) must not speak on it.
    private var process: Int32 = 0
    private var hasBeenConnected = false
    private var held: [HeldLease.Number: HeldLease] = [:]
    private var lastNumber: HeldLease.Number = 0

    init(_ address: BrokerAddress) {
        self.address = address
    }

    /// Calls a method and reads its one reply.
    ///
    /// A connection that turns out to be gone is made again: then the daemon is being restarted. What may have been
    /// done before it went is not asked for again, but throws `outcomeUnknown`. A daemon that ends may still accept
    /// connections for a moment, so that once is not enough.
    mutating func call<Result: JSONDecodable>(
        _ method: BrokerMethod,
        _ parameters: some JSONEncodable,
        _ deadline: Deadline
    ) throws(SegmentClientError) -> Result {
        var backoff = Backoff()
        // No daemon takes longer to end; one that goes on closing the connection does not like the call.
        let patience = Deadline(min(.seconds(1), deadline.remaining))
        if !method.canBeRepeated { noteClosed() }
        while true {
            var isSent = false
            do throws(SegmentClientError) {
                try connect(deadline)
                isSent = true
                return try exchange(method, parameters, deadline)
            } catch .disconnected where isSent && !method.canBeRepeated {
                throw .outcomeUnknown(method: method.rawValue)
            } catch {
                guard error == .disconnected, backoff.wait(within: patience) else { throw error }
            }
        }
    }

    var isConnected: Bool { connection != nil && process == ThisProcess.id }

    /// For poll(2): readable once the daemon has gone away; nil while there is no connection.
    var fileDescriptor: FileDescriptor? { isConnected ? connection?.fileDescriptor : nil }

    /// Drops a connection that the daemon has closed.
    mutating func noteClosed() {
        if connection?.isClosed ?? false { connection = nil }
    }

    /// Connects where there is no connection, and takes the leases again that the last one had.
    ///
    /// Waits for a daemon that was there before, if `patiently`.
    mutating func connect(_ deadline: Deadline, patiently: Bool = true) throws(SegmentClientError) {
        guard !isConnected else { return }
        connection = try hasBeenConnected && patiently ? reconnected(deadline) : address.connect(deadline)
        process = ThisProcess.id
        hasBeenConnected = true
        for (number, var lease) in held.sorted(by: { $0.key < $1.key }) {
            try takeAgain(&lease, deadline)
            held[number] = lease
        }
    }

    /// A daemon that is being restarted has no socket for a moment, unless systemd holds it.
    private func reconnected(_ deadline: Deadline) throws(SegmentClientError) -> ClientConnection {
        var backoff = Backoff()
        while true {
            do throws(SegmentClientError) {
                return try address.connect(deadline)
            } catch {
                guard case .unreachable = error, error.passesWithARestart, backoff.wait(within: deadline)
                else { throw error }
            }
        }
    }

    private mutating func takeAgain(
        _ lease: inout HeldLease,
        _ deadline: Deadline
    ) throws(SegmentClientError) {
        lease.lease = nil
        lease.refusal = nil
        do throws(SegmentClientError) {
            let grant: Grant = try exchange(
                .acquire,
                AcquireParameters(name: lease.name.string, access: lease.access),
                deadline
            )
            if SegmentIdentity(grant) == lease.identity {
                lease.lease = grant.lease
            } else {
                sendRelease(grant.lease)
            }
        } catch .refused(let refusal) {
            lease.refusal = refusal
        }
    }

    /// Any failure but a refusal leaves the connection in doubt, so that it ends.
    private mutating func exchange<Result: JSONDecodable>(
        _ method: BrokerMethod,
        _ parameters: some JSONEncodable,
        _ deadline: Deadline
    ) throws(SegmentClientError) -> Result {
        guard let connection else { throw .disconnected }
        let reply: Reply
        do throws(ConnectionError) {
            reply = try connection.call(method.rawValue, parameters, timeLimit: deadline.remaining)
        } catch {
            self.connection = nil
            throw SegmentClientError(error)
        }
        return try reply.result()
    }

    mutating func hold(_ grant: Grant) -> HeldLease.Number {
        lastNumber += 1
        held[lastNumber] = HeldLease(grant)
        return lastNumber
    }

    /// Whether the name of a holding still means its segment; takes the lease again where it was refused.
    mutating func isCurrent(
        _ number: HeldLease.Number,
        _ deadline: Deadline
    ) throws(SegmentClientError) -> Bool {
        guard let name = held[number]?.name.string else { return false }
        let described: SegmentDescription
        do throws(SegmentClientError) {
            let reply: DescribeReply = try call(.describe, DescribeParameters(name: name), deadline)
            described = reply.segment
        } catch .refused(.noSuchSegment) {
            return false
        }
        guard var lease = held[number], described.identifier == lease.identity.identifier,
            described.key == lease.identity.key
        else { return false }
        if lease.refusal != nil {
            try takeAgain(&lease, deadline)
            held[number] = lease
        }
        if let refusal = lease.refusal { throw .refused(refusal) }
        return lease.lease != nil
    }

    /// Why leases could not be taken again.
    var refusals: [BrokerError] {
        held.sorted { $0.key < $1.key }.compactMap(\.value.refusal)
    }

    mutating func giveBack(_ number: HeldLease.Number) {
        guard let lease = held.removeValue(forKey: number)?.lease, isConnected else { return }
        sendRelease(lease)
    }

    /// If the socket does not take it at once the connection ends, and with it the lease; the others come back.
    private mutating func sendRelease(_ lease: String) {
        do throws(ConnectionError) {
            try connection?.callOneway(BrokerMethod.release.rawValue, ReleaseParameters(lease: lease))
        } catch {
            connection = nil
        }
    }
}

/// Longer and longer pauses between tries: 2 ms at first, 100 ms at last.
struct Backoff {
    private var pause = Duration.milliseconds(2)

    /// Sleeps, or until the deadline where that comes first: then it is false.
    mutating func pause(until deadline: Deadline) -> Bool {
        if wait(within: deadline) { return true }
        deadline.sleep()
        return false
    }

    /// Sleeps, or returns false at once where the deadline comes first.
    mutating func wait(within deadline: Deadline) -> Bool {
        guard deadline.remaining > pause else { return false }
        Thread.sleep(pause)
        pause = min(pause * 2, .milliseconds(100))
        return true
    }
}

extension Reply {
    /// The parameters of a success; an error of the interface as `refused`.
    func result<Result: JSONDecodable>() throws(SegmentClientError) -> Result {
        if let error {
            guard let refusal = BrokerError(name: error, parameters: parameters) else {
                throw .protocolViolation("the broker answers \(error)")
            }
            throw .refused(refusal)
        }
        var reader = ParameterReader(parameters)
        do throws(InvalidParameter) {
            return try Result(from: &reader)
        } catch {
            throw .protocolViolation("the broker's reply has no valid \(error.parameter)")
        }
    }
}
