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
            let trial = "seed \(seed), death of \(dying.map { "\($0)" }.joined(separator: " and "))"
            try DaemonFixture.with(["segments.d/a.toml": "size = \"64 KiB\""]) { daemon in
                let segment = try daemon.client().attach("a")
                try withExtendedLifetime(segment) { segment in
                    for number in 0..<Self.rounds {
                        let round = StreamRound(SharedBytes(segment.unsafeBytes), daemon, &random)
                        let comment: Comment = "\(trial), round \(number): \(round)"
                        do {
                            if dying.count == 1 {
                                try outlive(dying[0], round, &random, &deaths, comment)
                            } else {
                                try bury(dying, round, &random, &deaths, comment)
                            }
                        } catch {
                            Issue.record(error, comment)
                            throw error
                        }
                    }
                }
            }
            #expect(deaths.slowest < Self.limit, "\(trial)")
            Resilience.record(
                "kill -9 of a side of a stream while it opens, binds, works and finishes",
                tries: deaths.count,
                test: "StreamLifeTests"
            )
            print("\(trial): \(deaths)")
        }

        /// One side dies, and the test has the other.
        private func outlive(
            _ role: StreamRole,
            _ round: StreamRound,
            _ random: inout SeededGenerator,
            _ deaths: inout StreamDeaths,
            _ comment: Comment
        ) throws {
            let comesFirst = random.once(in: 2)
            let early = comesFirst ? nil : round.side(role.other)
            let mortal = try MortalPeer(role, round, &random)
            if comesFirst { mortal.awaitOpening() }
            let survivor = early ?? round.side(role.other)
            let death = try mortal.death(&deaths)
            let heir = try StreamHeir(of: role, round, isProcess: random.once(in: 2))
            var end = try survivor.value(timeLimit: StreamRound.patience)
            if end.peer == death.processID {
                let hasEndedWell = end.error == nil || end.error == .peerDied(processID: death.processID)
                #expect(hasEndedWell && end.isTrue, "\(comment): \(end)")
                if end.error != nil { deaths.slowest = max(deaths.slowest, end.moment - death.moment) }
                end = try round.side(role.other).value(timeLimit: StreamRound.patience)
            }
            try expectWhole(end, with: heir, round, comment)
        }

        /// Both sides die, each at a moment of its own; the test takes the place of one, an heir the other's.
        private func bury(
            _ roles: [StreamRole],
            _ round: StreamRound,
            _ random: inout SeededGenerator,
            _ deaths: inout StreamDeaths,
            _ comment: Comment
        ) throws {
            var mortals: [MortalPeer] = []
            for role in roles { mortals.append(try MortalPeer(role, round, &random)) }
            while !mortals.contains(where: \.hasEnded) { usleep(50) }
            if mortals[1].hasEnded { mortals.reverse() }
            let first = try mortals[0].death(&deaths)
            // Another that is bound says so by itself; one that is not would wait for a third.
            if first.isKill, !mortals[0].traces.isBound { mortals[1].kill() }
            let second = try mortals[1].death(&deaths)
            for (end, other) in [(first, second), (second, first)] {
                let isForeseen = end.isKill || end.isWhole || end.isFailure && other.isKill
                #expect(isForeseen, "\(comment): \(first), \(second)")
                if end.isFailure { deaths.slowest = max(deaths.slowest, end.moment - other.moment) }
            }
            let role = random.pick(roles)
            let heir = try StreamHeir(of: role, round, isProcess: random.once(in: 2))
            let end = try round.side(role.other).value(timeLimit: StreamRound.patience)
            try expectWhole(end, with: heir, round, comment)
        }

        /// The test's side and the heir have exchanged everything, and nothing of theirs is left.
        private func expectWhole(
            _ end: StreamRound.End,
            with heir: StreamHeir,
            _ round: StreamRound,
            _ comment: Comment
        ) throws {
            #expect(end.error == nil && end.isTrue, "\(comment): \(end)")
            #expect(end.peer == heir.processID, "\(comment): \(end)")
            #expect(try heir.hasEndedWell(), comment)
            #expect(round.isOver, comment)
        }
    }
}
