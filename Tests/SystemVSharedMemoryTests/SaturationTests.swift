import SystemVSharedMemory
import Testing

@Suite struct SaturationTests {
    @Test func `results that fit are unchanged`() {
        #expect(UInt64(1).addingSaturated(2) == 3)
        #expect(Int64(-1).addingSaturated(-2) == -3)
        #expect(UInt64(3).subtractingSaturated(2) == 1)
        #expect(Int64(3).subtractingSaturated(-2) == 5)
        #expect(UInt64(3).multipliedSaturated(by: 4096) == 12288)
        #expect(Int64(-3).multipliedSaturated(by: 4) == -12)
        #expect(Int64(microsecondsIn: -2) == -2_000_000)
    }

    @Test func `a value that does not fit becomes the nearest that does`() {
        #expect(UInt64.max.addingSaturated(1) == .max)
        #expect(Int64.max.addingSaturated(1) == .max)
        #expect(Int64.min.addingSaturated(-1) == .min)
        #expect(UInt64(1).subtractingSaturated(2) == 0)
        #expect(Int64.min.subtractingSaturated(1) == .min)
        #expect(Int64.max.subtractingSaturated(.min) == .max)
        #expect(Int64(0).subtractingSaturated(.min) == .max)
        #expect(UInt64.max.multipliedSaturated(by: 2) == .max)
        #expect(Int64.max.multipliedSaturated(by: -2) == .min)
        #expect(Int64.min.multipliedSaturated(by: -1) == .max)
        #expect(Int64(microsecondsIn: 1 << 62) == .max)
        #expect(Int64(microsecondsIn: .min) == .min)
    }
}
