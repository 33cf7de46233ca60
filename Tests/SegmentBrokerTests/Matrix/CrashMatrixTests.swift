import SegmentTestSupport
import Testing

@testable import SegmentBroker

/// The broker crashes at every call of every plan, before and after the call takes effect, and starts again.
@Suite struct CrashMatrixTests {
    @Test(arguments: Plan.all)
    func `the next start recovers from a crash at any call`(plan: Plan) throws {
        let count = try callCount(plan)
        #expect(count > 3)
        for index in 0..<count {
            for afterEffect in [false, true] {
                let scene = try Scene(plan)
                scene.fixture.injector.end = (index, afterEffect)
                try? plan.run(scene)
                let call = try #require(scene.fixture.injector.calls.last)
                #expect(scene.fixture.injector.hasCrashed)
                let comment: Comment =
                    "\(plan.testDescription), \(afterEffect ? "after" : "before") call \(index), \(call)"
                try scene.kill()
                try scene.fixture.start(plan.after)
                try scene.expectAgreement(comment)
                try scene.expectNothingLeft(comment)
            }
        }
        Resilience.record(
            "a crash before or after each call of a plan",
            tries: 2 * count,
            test: "CrashMatrixTests"
        )
    }

    /// Two crashes in a row, the second at any call of the following start.
    @Test(arguments: Plan.all)
    func `the next start also recovers from a crash during the recovery`(plan: Plan) throws {
        var crashes = 0
        for index in 0..<(try callCount(plan)) {
            var second = 0
            while true {
                let scene = try Scene(plan)
                scene.fixture.injector.end = (index, true)
                try? plan.run(scene)
                try scene.kill()
                scene.fixture.injector.end = (second, true)
                try? scene.fixture.start(plan.after)
                guard scene.fixture.injector.hasCrashed else { break }
                let comment: Comment =
                    "\(plan.testDescription), after call \(index) and call \(second) of the start"
                second += 1
                crashes += 1
                try scene.kill()
                try scene.fixture.start(plan.after)
                try scene.expectAgreement(comment)
                try scene.expectNothingLeft(comment)
            }
        }
        Resilience.record("a crash within the start after a crash", tries: crashes, test: "CrashMatrixTests")
    }

    private func callCount(_ plan: Plan) throws -> Int {
        let scene = try Scene(plan)
        try plan.run(scene)
        return scene.fixture.injector.calls.count
    }
}
