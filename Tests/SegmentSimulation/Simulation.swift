import SegmentModel
import SegmentTestSupport

/// Runs many steps of a simulated host up to the first violation.
package enum Simulation {
    package struct Failure: Error, CustomStringConvertible {
        package var seed: UInt64
        package var step: Int
        package var violation: String
        package var trace: String

        package var description: String {
            """
            seed \(seed), step \(step): \(violation)

            The last steps:
            \(trace)

            Again: make simulate SEED=\(seed) STEPS=\(step)
            """
        }
    }

    /// Throws a `Failure` at the first violation.
    package static func run(seed: UInt64, steps: Int, telling: Bool = false) throws {
        let host = try SimulatedHost(seed: seed)
        host.trace.isPrinted = telling
        host.edit()
        for step in 1...steps {
            host.trace.step = step
            try host.step()
            host.checkInvariants()
            if step % 400 == 0 { try host.quiesce() }
            guard let violation = host.violation else { continue }
            throw Failure(seed: seed, step: step, violation: violation, trace: host.trace.text)
        }
    }
}

extension SimulatedHost {
    /// Takes one random step, weighted by importance.
    func step() throws {
        let client = clients[random.below(clients.count)]
        switch random.below(100) {
        case 0..<18: acquire(client)
        case 18..<22: together()
        case 22..<36: attach(client)
        case 36..<48: detach(client)
        case 48..<56: release(client)
        case 56..<58: die(client)
        case 58..<60: joinUnmodified(client)
        case 60..<62: squat()
        case 62..<64: unsquat()
        case 64: interfere()
        case 65: changeHost()
        case 66: changeDisk()
        case 67: damageRecords()
        case 68..<72: reload()
        case 72..<76: remove()
        case 76..<80: describe()
        case 80..<88: check()
        case 88..<93: passTime()
        case 93..<97: daemon?.worker.work()
        case 97: end()
        default: if daemon == nil { try begin() }
        }
        if daemon == nil, random.once(in: 4) { try begin() }
    }
}
