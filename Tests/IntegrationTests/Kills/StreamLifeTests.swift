import Glibc
import Segments
import SegmentTestSupport
import Testing

@testable import SegmentExchange

extension RealDaemon {
    /// Sides are killed at random moments from their first instruction to after their last, most of them within the
    /// few hundred microseconds in which they open, bind and finish.
    @Suite(.serialized) struct StreamLifeTests {
        private static let rounds = Sanitizer.tries(250, sanitized: 15)
        private static let limit = Sanitizer.limit(.milliseconds(200))

        @Test(arguments: [[StreamRole.writer], [.reader], [.writer, .reader]])
        func `a side killed at any moment is reported within 200 ms, and the next stream is complete`(
            dying: [StreamRole]
        ) throws {
            let seed = UInt64.random(in: 1...999_999_999)
            var random = SeededGenerator(seed: seed)
            var deaths = StreamDeaths()
            let conditions = "seed \(seed), death of \(dying.map { "\($0)" }.joined(separator: " and "))"
            try DaemonFixture.with(["segments.d/a.toml": "size = \"64 KiB\""]) { daemon in
                let segment = try daemon.client().attach("a")
                try withExtendedLifetime(segment) { segment in
                    for number in 0..<Self.rounds {
                        let trial = StreamTrial(SharedBytes(segment.unsafeBytes), daemon, &random)
                        let comment: Comment = "\(conditions), trial \(number): \(trial)"
                        do {
                            if dying.count == 1 {
                                try outlive(dying[0], trial, &random, &deaths, comment)
                            } else {
                                try bury(dying, trial, &random, &deaths, comment)
                            }
                        } catch {
                            Issue.record(error, comment)
                            throw error
                        }
                    }
                }
            }
            #expect(deaths.slowest < Self.limit, "\(conditions)")
            Resilience.record(
                "kill -9 of a side of a stream while it opens, binds, works and finishes",
                tries: deaths.count,
                test: "StreamLifeTests"
            )
            print("\(conditions): \(deaths)")
        }

        /// One side dies; the test is the other.
        private func outlive(
            _ role: StreamRole,
            _ trial: StreamTrial,
            _ random: inout SeededGenerator,
            _ deaths: inout StreamDeaths,
            _ comment: Comment
        ) throws {
            let comesFirst = random.once(in: 2)
            let early = comesFirst ? nil : trial.side(role.other)
            let peer = try KillablePeer(role, trial, &random)
            if comesFirst { peer.awaitOpening() }
            let survivor = early ?? trial.side(role.other)
            let death = try peer.death(&deaths)
            let successor = try SuccessorPeer(of: role, trial, isProcess: random.once(in: 2))
            var end = try survivor.value(timeLimit: StreamTrial.timeLimit)
            if end.peer == death.processID {
                let hasEndedWell = end.error == nil || end.error == .peerDied(processID: death.processID)
                #expect(hasEndedWell && end.isTrue, "\(comment): \(end)")
                if end.error != nil { deaths.slowest = max(deaths.slowest, end.moment - death.moment) }
                end = try trial.side(role.other).value(timeLimit: StreamTrial.timeLimit)
            }
            try expectWhole(end, with: successor, trial, comment)
        }

        /// Both sides die at different moments; the test takes over one, a successor the other.
        private func bury(
            _ roles: [StreamRole],
            _ trial: StreamTrial,
            _ random: inout SeededGenerator,
            _ deaths: inout StreamDeaths,
            _ comment: Comment
        ) throws {
            var peers: [KillablePeer] = []
            for role in roles { peers.append(try KillablePeer(role, trial, &random)) }
            while !peers.contains(where: \.hasEnded) { usleep(50) }
            if peers[1].hasEnded { peers.reverse() }
            let first = try peers[0].death(&deaths)
            // A bound peer reports the death itself; an unbound one would wait for another peer.
            if first.isKill, !peers[0].traces.isBound { peers[1].kill() }
            let second = try peers[1].death(&deaths)
            for (end, other) in [(first, second), (second, first)] {
                let isForeseen = end.isKill || end.isWhole || end.isFailure && other.isKill
                #expect(isForeseen, "\(comment): \(first), \(second)")
                if end.isFailure { deaths.slowest = max(deaths.slowest, end.moment - other.moment) }
            }
            let role = random.pick(roles)
            let successor = try SuccessorPeer(of: role, trial, isProcess: random.once(in: 2))
            let end = try trial.side(role.other).value(timeLimit: StreamTrial.timeLimit)
            try expectWhole(end, with: successor, trial, comment)
        }

        /// Expects that the test's side and the successor have exchanged everything and left nothing behind.
        private func expectWhole(
            _ end: StreamTrial.End,
            with successor: SuccessorPeer,
            _ trial: StreamTrial,
            _ comment: Comment
        ) throws {
            #expect(end.error == nil && end.isTrue, "\(comment): \(end)")
            #expect(end.peer == successor.processID, "\(comment): \(end)")
            #expect(try successor.hasEndedWell(), comment)
            #expect(trial.isOver, comment)
        }
    }
}
