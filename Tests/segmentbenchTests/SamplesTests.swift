import Testing

@testable import segmentbench

struct SamplesTests {
    @Test func `percentiles are right to a thousandth`() {
        var samples = Samples()
        for microseconds in 1...1000 { samples.record(nanoseconds: UInt64(microseconds) * 1000) }
        for (percentile, expected) in [(50.0, 500.0), (99, 990), (99.9, 999)] {
            #expect(abs(samples.microseconds(percentile) / expected - 1) < 0.001)
        }
    }

    @Test func `nothing recorded is nothing`() {
        #expect(Samples().microseconds(50) == 0)
    }
}
