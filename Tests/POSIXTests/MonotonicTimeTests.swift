import POSIX
import Testing

@Suite struct MonotonicTimeTests {
    @Test func `adding and subtracting saturates`() {
        let time = MonotonicTime(nanoseconds: 1_000_000_000)
        #expect(time + .milliseconds(1) == MonotonicTime(nanoseconds: 1_001_000_000))
        #expect(time + .seconds(Int64.max) == .distantFuture)
        #expect(.distantPast + .seconds(-1) == MonotonicTime.distantPast)
        #expect(time - MonotonicTime(nanoseconds: 1) == .nanoseconds(999_999_999))
        #expect(.distantPast - time == .nanoseconds(Int64.min))
        #expect(.distantFuture - .distantPast == .nanoseconds(Int64.max))
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    }

    @Test func `the kernel's clock advances`() {
        let first = MonotonicTime.now
        #expect(first <= .now)
        #expect(first.nanoseconds > 0)
    }
}
