import POSIX
import SegmentInterface
import SegmentModel
import SystemPackage
import Varlink

/// The connection to the broker, and the leases that depend on it.
struct BrokerLink {
    private let address: BrokerAddress
    private var connection: ClientConnection?
    /// The process that made the connection: a child of fork(2) must not use it.
    private var process: Int32 = 0
    private var hasBeenConnected = false
    private var held: [HeldLease.Number: HeldLease] = [:]
    private var lastNumber: HeldLease.Number = 0

    init(_ address: BrokerAddress) {
        self.address = address
    }

    /// Calls a method and reads its one reply.
    ///
    /// Reconnects if the connection turns out to be closed, as it is when the daemon restarts. A call that changes
    /// something and may have been carried out is not sent again, but throws `outcomeUnknown`. A daemon that is ending
    /// still accepts connections for a moment, so one attempt is not enough.
    mutating func call<Result: JSONDecodable>(
        _ method: BrokerMethod,
        _ parameters: some JSONEncodable,
        _ deadline: Deadline
    ) throws(SegmentClientError) -> Result {
        var backoff = Backoff()
        // No daemon takes longer to end; one that keeps closing the connection rejects the call itself.
        let patience = Deadline(min(.seconds(1), deadline.remaining))
        if !method.canBeRepeated { noteClosed() }
        while true {
            var isSent = false
            do throws(SegmentClientError) {
                try connect(deadline)
                isSent = true
                return try exchange(method, parameters, deadline)
            } catch .disconnected where isSent && !method.canBeRepeated {
                throw SegmentClientError(reason: .outcomeUnknown(method: method.rawValue))
            } catch {
                guard error == .disconnected, backoff.wait(within: patience) else { throw error }
            }
        }
    }

    var isConnected: Bool { connection != nil && process == ThisProcess.id }

    /// A descriptor for poll(2), readable once the daemon has closed the connection; nil while there is none.
    var fileDescriptor: FileDescriptor? { isConnected ? connection?.fileDescriptor : nil }

    /// Forgets a connection that the daemon has closed.
    mutating func noteClosed() {
        if connection?.isClosed ?? false { connection = nil }
    }

    /// Connects unless connected, and takes the leases again that the previous connection had.
    ///
    /// `patiently` waits for a daemon that has been reached before.
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

    /// Waits for a daemon that restarts: unless systemd holds its socket, it has none for a moment.
    private func reconnected(_ deadline: Deadline) throws(SegmentClientError) -> ClientConnection {
        var backoff = Backoff()
        while true {
            do throws(SegmentClientError) {
                return try address.connect(deadline)
            } catch {
                guard error.code == .unreachable, error.passesWithARestart, backoff.wait(within: deadline)
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
        } catch {
            guard error.isRefusal else { throw error }
            lease.refusal = error
        }
    }

    /// Makes one call; any failure other than a refusal ends the connection, whose state is then unknown.
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

    /// Whether the name of a holding still means its segment; asks again for a lease that was refused.
    mutating func isCurrent(
        _ number: HeldLease.Number,
        _ deadline: Deadline
    ) throws(SegmentClientError) -> Bool {
        guard let name = held[number]?.name.string else { return false }
        let described: SegmentDescription
        do throws(SegmentClientError) {
            let reply: DescribeReply = try call(.describe, DescribeParameters(name: name), deadline)
            described = reply.segment
        } catch {
            guard error.code == .noSuchSegment else { throw error }
            return false
        }
        guard var lease = held[number], described.identifier == lease.identity.identifier,
            described.key == lease.identity.key
        else { return false }
        if lease.refusal != nil {
            try takeAgain(&lease, deadline)
            held[number] = lease
        }
        if let refusal = lease.refusal { throw refusal }
        return lease.lease != nil
    }

    /// Why leases were not granted again.
    var refusals: [SegmentClientError] {
        held.sorted { $0.key < $1.key }.compactMap(\.value.refusal)
    }

    mutating func giveBack(_ number: HeldLease.Number) {
        guard let lease = held.removeValue(forKey: number)?.lease, isConnected else { return }
        sendRelease(lease)
    }

    /// Gives a lease back without waiting.
    ///
    /// If the socket cannot take the call at once, the connection ends, and with it the lease; the others are taken again.
    private mutating func sendRelease(_ lease: String) {
        do throws(ConnectionError) {
            try connection?.callOneway(BrokerMethod.release.rawValue, ReleaseParameters(lease: lease))
        } catch {
            connection = nil
        }
    }
}

/// Pauses between attempts that grow from 2 ms to 100 ms.
struct Backoff {
    private var pause = Duration.milliseconds(2)

    /// Sleeps; returns false if the deadline came first.
    mutating func pause(until deadline: Deadline) -> Bool {
        if wait(within: deadline) { return true }
        deadline.sleep()
        return false
    }

    /// Sleeps, or returns false at once if the deadline would come first.
    mutating func wait(within deadline: Deadline) -> Bool {
        guard deadline.remaining > pause else { return false }
        Thread.sleep(pause)
        pause = min(pause * 2, .milliseconds(100))
        return true
    }
}

extension Reply {
    /// The parameters of a success; throws the broker's error, which may be a newer daemon's.
    func result<Result: JSONDecodable>() throws(SegmentClientError) -> Result {
        if let error {
            throw BrokerError(name: error, parameters: parameters).map(SegmentClientError.refused)
                ?? SegmentClientError(reason: .refusedOtherwise(error))
        }
        var reader = ParameterReader(parameters)
        do throws(InvalidParameter) {
            return try Result(from: &reader)
        } catch {
            throw .protocolViolation("the broker's reply has no valid \(error.parameter)")
        }
    }
}
