import EventLoop
import POSIX
import SegmentTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SegmentService

/// Lookups of which some are not answered.
@Suite struct LookupsTests {
    private let loop: EventLoop

    init() throws { loop = try EventLoop() }

    /// Returns lookups that answer with the subject's length; for those that begin with "held", once the
    /// latch is raised.
    private func lookups(threads: Int, until latch: Latch, asked: Log = Log()) -> Lookups<String, Int> {
        Lookups(
            threads: threads,
            kinship: { { question in question.split(separator: "/").first.map(String.init) } },
            answer: { question in
                asked.append(question)
                if question.contains("held") { latch.wait() }
                return question.count
            }
        )
    }

    private func answers(
        _ lookups: Lookups<String, Int>,
        _ questions: Set<String>,
        limit: Duration = .seconds(10)
    ) throws -> [String: Int] {
        var answers: [String: Int]?
        lookups.lookUp(questions, limit: limit, on: loop) { answers = $0 }
        loop.run { answers == nil }
        return try #require(answers)
    }

    @Test func `all answers arrive in one table`() throws {
        let lookups = lookups(threads: 1, until: Latch())
        #expect(try answers(lookups, ["a", "bb", "ccc"]) == ["a": 1, "bb": 2, "ccc": 3])
        #expect(try answers(lookups, []) == [:])
    }

    @Test func `late answers are omitted, and each subject is looked up by one thread at a time`() throws {
        let (latch, asked) = (Latch(), Log())
        let lookups = lookups(threads: 4, until: latch, asked: asked)
        for _ in 0..<3 {
            #expect(try answers(lookups, ["x/held", "y/b"], limit: .milliseconds(400)) == ["y/b": 3])
        }
        #expect(asked.values.filter { $0 == "x/held" }.count == 1)
        latch.raise()
        #expect(try answers(lookups, ["x/held", "y/b"]) == ["x/held": 6, "y/b": 3])
    }

    @Test func `subjects related to a hung one take at most half of the threads`() throws {
        let (latch, asked) = (Latch(), Log())
        let lookups = lookups(threads: 4, until: latch, asked: asked)
        let held = Set((0..<20).map { "x/held\($0)" })
        let found = try answers(lookups, held.union(["y/b", "z/c"]), limit: .seconds(1))
        #expect(found == ["y/b": 3, "z/c": 3])
        #expect(asked.values.filter { held.contains($0) }.count <= 2)
        latch.raise()
        #expect(try answers(lookups, held).count == 20)
    }

    @Test func `with all threads held up nothing is answered, and everything once they are released`() throws
    {
        let latch = Latch()
        let lookups = lookups(threads: 1, until: latch)
        #expect(try answers(lookups, ["x/held"], limit: .milliseconds(50)) == [:])
        #expect(try answers(lookups, ["y/b"], limit: .milliseconds(250)) == [:])
        latch.raise()
        #expect(try answers(lookups, ["y/b"]) == ["y/b": 3])
    }

    @Test func `relations are determined by a thread started because another is held up`() throws {
        let (latch, kinships) = (Latch(), Log())
        let lookups = Lookups<String, Int>(
            threads: 2,
            kinship: {
                kinships.append("looked up")
                return { _ in nil }
            },
            answer: { question in
                if question == "held" { latch.wait() }
                return question.count
            }
        )
        for _ in 0..<3 { #expect(try answers(lookups, ["a", "bb"]).count == 2) }
        #expect(kinships.values == [])
        #expect(try answers(lookups, ["held"], limit: .milliseconds(10)) == [:])
        #expect(try answers(lookups, ["a", "bb"]).count == 2)
        #expect(kinships.values == ["looked up"])
        latch.raise()
    }

    @Test func `all requests for the same lookup are answered, and those that timed out are dropped`()
        throws
    {
        let (latch, asked) = (Latch(), Log())
        let lookups = lookups(threads: 1, until: latch, asked: asked)
        var ended: [String] = []
        lookups.lookUp(["held"], limit: .milliseconds(20), on: loop) {
            ended.append("impatient \($0.count)")
        }
        for _ in 0..<3 {
            lookups.lookUp(["held", "a"], limit: .seconds(10), on: loop) { ended.append("\($0.count)") }
        }
        loop.run { ended.isEmpty }
        #expect(ended == ["impatient 0"])
        latch.raise()
        loop.run { ended.count < 4 }
        #expect(ended.dropFirst() == ["2", "2", "2"])
        #expect(asked.values.sorted() == ["a", "held"])
    }

    @Test func `a late outcome is dropped, and work that timed out is not done`()
        throws
    {
        let (latch, queue, asked) = (Latch(), BackgroundQueue(), Log())
        func outcome(_ work: String, limit: Duration) throws -> String? {
            var outcomes: [String?] = []
            queue.run(on: loop, limit: limit) { () -> String in
                asked.append(work)
                if work == "held" { latch.wait() }
                return work
            } then: {
                outcomes.append($0)
            }
            loop.run { outcomes.isEmpty }
            return outcomes[0]
        }
        #expect(try outcome("held", limit: .milliseconds(50)) == nil)
        #expect(try outcome("unwanted", limit: .milliseconds(50)) == nil)
        latch.raise()
        #expect(try outcome("wanted", limit: .seconds(10)) == "wanted")
        #expect(asked.values == ["held", "wanted"])
    }

    private final class Log: Sendable {
        private let texts = Mutex<[String]>([])
        var values: [String] { texts.withLock { $0 } }
        func append(_ text: String) { texts.withLock { $0.append(text) } }
    }
}
