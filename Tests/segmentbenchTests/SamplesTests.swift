import Testing

@testable import segmentbench

struct SamplesTests {
    @Test(arguments: [(0, 1), (50.0, 500.0), (99, 990), (99.9, 999), (100, 1000)])
    func `so many percent take no longer`(percentile: Double, expected: Double) {
        var samples = Samples()
        for microseconds in (1...1000).reversed() { samples.record(nanoseconds: UInt64(microseconds) * 1000) }
        #expect(samples.microseconds(percentile) == expected)
    }

    @Test func `nothing recorded is nothing`() {
        #expect(Samples().microseconds(50) == 0)
    }
}
