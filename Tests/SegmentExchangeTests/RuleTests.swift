import Testing

@testable import SegmentExchange

@Suite struct ClaimTests {
    @Test func `a claim keeps process, namespace and start time apart`() {
        let claim = Claim(
            processID: 4_194_303,
            pidNamespace: 0xf000_1234,
            timeNamespace: 0,
            startTime: 0x3ff_ffff
        )
        #expect(claim.word == 0xffff_ffc4_8d3f_ffff)
        #expect(claim.processID == 4_194_303)
        #expect(claim.began(at: 0x3ff_ffff))
        #expect(claim.began(at: 0x1_03ff_ffff), "the low 26 bits count")
        #expect(!claim.began(at: 0x3ff_fffe))
    }

    @Test func `claims of one process number differ in their tags, and none is 0`() {
        func tag(_ startTime: UInt64) -> UInt32 {
            Claim(processID: 7, pidNamespace: 1, timeNamespace: 2, startTime: startTime).tag
        }
        #expect(tag(1) != tag(2))
        #expect(Claim(word: 5 << 32 | 5).tag == 1)
    }

    @Test func `numbers mean nothing in another namespace`() {
        func claim(_ pid: UInt64, _ time: UInt64) -> Claim {
            Claim(processID: 1, pidNamespace: pid, timeNamespace: time, startTime: 5)
        }
        let here = claim(0xf000_0001, 0xf000_0002)
        #expect(here.sharesNamespaces(with: claim(0xf000_0001, 0xf000_0002)))
        #expect(!here.sharesNamespaces(with: claim(0xf000_0002, 0xf000_0002)))
        #expect(!here.sharesNamespaces(with: claim(0xf000_0001, 0xf000_0003)))
        #expect(!here.sharesNamespaces(with: claim(0xf000_0002, 0xf000_0001)))
    }

    @Test func `this process is alive, and no other with its number`() throws {
        let own = try Claim.own()
        #expect(try Self.claimant(own, seenBy: own) == "alive")
        // A different start time, no such process, nonsense: none of them is a live process.
        for word in [own.word ^ 1 << 38, own.word | 0x3f_ffff, own.word & ~0x3f_ffff] {
            #expect(try Self.claimant(Claim(word: word), seenBy: own) == "ended")
        }
        #expect(try Self.claimant(Claim(word: own.word ^ 1 << 22), seenBy: own) == "hidden")
    }

    private static func claimant(_ claim: Claim, seenBy own: Claim) throws -> String {
        switch try claim.claimant(seenBy: own) {
        case .alive: "alive"
        case .ended: "ended"
        case .hidden: "hidden"
        }
    }
}

@Suite struct RingTests {
    private let ring = Ring(capacity: 100)

    @Test(
        arguments: [
            (written: 0, read: 0, last: 0, room: 100), (70, 0, 0, 30), (100, 0, 0, 0), (170, 100, 70, 30),
            (100, 100, 100, 100), (UInt64.max, UInt64.max - 40, 0, 60),
            // Ahead of the writer, behind itself, further behind than the ring is long.
            (70, 71, 0, nil), (70, 9, 10, nil), (170, 69, 0, nil), (0, UInt64.max, 0, nil),
            (UInt64.max, 0, 0, nil),
        ] as [(written: UInt64, read: UInt64, last: UInt64, room: Int?)]
    )
    func `the room left by a reader`(_ row: (written: UInt64, read: UInt64, last: UInt64, room: Int?)) {
        #expect(ring.room(written: row.written, read: row.read, lastRead: row.last) == row.room)
    }

    @Test(
        arguments: [
            (written: 0, last: 0, read: 0, filled: 0), (70, 30, 30, 40), (130, 100, 30, 100),
            // Behind the reader, behind itself, further ahead than the ring is long.
            (29, 0, 30, nil), (69, 70, 30, nil), (131, 100, 30, nil), (UInt64.max, 0, 0, nil), (0, 1, 0, nil),
        ] as [(written: UInt64, last: UInt64, read: UInt64, filled: Int?)]
    )
    func `the free bytes for a writer`(_ row: (written: UInt64, last: UInt64, read: UInt64, filled: Int?)) {
        #expect(ring.filled(written: row.written, lastWritten: row.last, read: row.read) == row.filled)
    }

    @Test(
        arguments: [
            // As much as fits, at most a quarter, at least one byte; everything is free until the ring has
            // been full.
            (written: 100, count: 1, wanted: 1), (100, 24, 24), (100, 25, 25), (100, 26, 25),
            (100, Int.max, 25),
            (100, 0, 1), (100, -5, 1), (170, 10, 80), (30, 25, 0), (0, 1, 0),
            (UInt64.max, 1, UInt64.max - 99),
        ] as [(written: UInt64, count: Int, wanted: UInt64)]
    )
    func `a writer wants to be woken once its bytes fit, or a quarter is free`(
        _ row: (written: UInt64, count: Int, wanted: UInt64)
    ) {
        #expect(ring.wanted(written: row.written, count: row.count) == row.wanted)
    }

    @Test func `a ring of one byte is worth a wake-up`() {
        #expect(Ring(capacity: 1).wanted(written: 1, count: 5) == 1)
    }

    @Test(
        arguments: [
            (0, 100, 0..<100), (0, 7, 0..<7), (95, 7, 95..<100), (100, 7, 0..<7), (295, 5, 95..<100),
            (UInt64.max, 50, 15..<65),
        ] as [(UInt64, Int, Range<Int>)]
    )
    func `a range ends with the memory`(_ position: UInt64, _ count: Int, _ range: Range<Int>) {
        #expect(ring.range(from: position, count: count) == range)
    }
}

@Suite struct MagicTests {
    @Test func `memory used for something else is left unchanged`() throws {
        let memory = ExchangeMemory(4096)
        try StreamLayout.magic.put(in: memory.shared)
        try StreamLayout.magic.put(in: memory.shared)
        #expect(memory.text(0, 7) == "SEGSTRM")
        #expect(throws: ExchangeError.unrecognizedLayout(found: StreamLayout.magic.word)) {
            try Magic("SEGSTRM", version: 2).put(in: memory.shared)
        }
        #expect(memory.shared.word(at: 0).load() == StreamLayout.magic.word)
    }
}

@Suite struct PatienceTests {
    @Test(
        arguments: [
            // Unknown: the number of processors usable by this side decides.
            (other: 0, own: 1, usable: 1, place: .here), (0, 1, 2, .elsewhere), (1, 0, 1, .here),
            (1, 0, 2, .elsewhere),
            // Known: usable processors matter only where it could move to another.
            (1, 1, 2, .beside), (1, 1, 1, .here), (2, 1, 1, .elsewhere), (2, 1, 2, .elsewhere),
            (UInt32.max, 1, 1, .elsewhere),
        ] as [(other: UInt32, own: UInt32, usable: Int, place: Patience.Place)]
    )
    func `the other side's processor decides whether spinning helps`(
        _ row: (other: UInt32, own: UInt32, usable: Int, place: Patience.Place)
    ) {
        #expect(Patience.Place(row.other, own: row.own, usable: row.usable) == row.place)
    }

    @Test
    func `spinning halves when it does not shorten waits, and stops if the other side needs the processor`() {
        var patience = Patience()
        var looks: [Int] = []
        for _ in 0..<13 {
            looks.append(patience.looks(.elsewhere).count)
            #expect(patience.looks(.here).count == 0)
            patience.foundNothing()
        }
        #expect(looks == [2000, 1000, 500, 250, 125, 62, 31, 15, 7, 3, 1, 0, 0])
    }

    @Test(
        arguments: [
            // Twice the previous number, or twice what was needed, but never more than initially.
            (sleeps: 256, needed: 3, looks: 6), (3, 200, 500), (256, 400, 800), (256, 1900, 2000),
            (0, 5, 2000),
        ] as [(sleeps: Int, needed: Int, looks: Int)]
    )
    func `spins that shorten a wait are restored`(_ row: (sleeps: Int, needed: Int, looks: Int)) {
        var patience = Patience()
        for _ in 0..<row.sleeps { patience.foundNothing() }
        patience.found(after: row.needed)
        #expect(patience.looks(.elsewhere) == Patience.Looks(count: row.looks, yields: true))
    }

    @Test func `after a long sleep, spinning is tried in full once`() {
        var patience = Patience()
        for _ in 0..<Patience.trial.first { patience.foundNothing() }
        #expect(patience.looks(.elsewhere).count == Patience.most)
        patience.foundNothing()
        #expect(patience.looks(.elsewhere).count == 0)
    }

    @Test func `spins that lose the processor are tried less and less often, until some shorten a wait`() {
        var patience = Patience()
        func sleeps() -> Int {
            var sleeps = 0
            while patience.looks(.elsewhere).count < Patience.most {
                patience.foundNothing()
                sleeps += 1
            }
            return sleeps
        }
        patience.foundNothing()
        var trials: [Int] = []
        for _ in 0..<10 {
            trials.append(sleeps())
            patience.lostProcessor()
        }
        #expect(trials == [255, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 65536])
        _ = sleeps()
        patience.found(after: 1000)
        for _ in 0..<12 { patience.foundNothing() }
        #expect(sleeps() == 256 - 12)
    }

    /// Returns the waits, of so many beside the other side, in which the processor is kept.
    private func keepings(of patience: inout Patience, waits: Int) -> [Int] {
        let keeping = (0..<waits).map { _ in
            patience.foundNothing()
            return patience.looks(.beside) == Patience.Looks(count: Patience.most, yields: false)
        }
        let starts = keeping.indices.filter { keeping[$0] && ($0 == 0 || !keeping[$0 - 1]) }
        for start in starts {
            let kept = keeping[start...].prefix { $0 }.count
            #expect(kept == min(Patience.separation.waits, waits - start))
        }
        return starts
    }

    @Test func `two sides on one processor spin less and less often`() {
        var patience = Patience()
        let starts = keepings(of: &patience, waits: 1 << 22)
        let distances = zip(starts.dropFirst(), starts).map { $0 - $1 }
        #expect(distances == (10...20).map { 1 << $0 } + [1 << 20, 1 << 20])
    }

    @Test(arguments: [(apart: 63, starts: [1972]), (64, [0, 1024]), (1000, [0, 1024])])
    func `sides that were apart keep the processor as soon as they share one again`(
        _ row: (apart: Int, starts: [Int])
    ) {
        var patience = Patience()
        #expect(keepings(of: &patience, waits: 1100) == [0, 1024])
        for _ in 0..<row.apart { _ = patience.looks(.elsewhere) }
        #expect(keepings(of: &patience, waits: 2100) == row.starts)
    }
}
