import Glibc
import POSIX
import SystemPackage
import Testing

@Suite struct DeadlineTests {
    @Test func `never and unreachable times are no deadline`() {
        for deadline in [Deadline.never, Deadline(nil), Deadline(.seconds(Int64.max))] {
            #expect(!deadline.hasPassed)
            #expect(deadline.milliseconds == -1)
            #expect(deadline.remaining >= .seconds(Int32.max))
        }
    }

    @Test func `the remaining time is rounded up, and zero in the end`() {
        let deadline = Deadline(.seconds(10))
        #expect((9_000...10_001).contains(deadline.milliseconds))
        #expect(deadline.timespec.tv_sec == 9)
        #expect((9...10).contains(deadline.timeval.tv_sec))
        #expect(Deadline(.seconds(1 << 30)).milliseconds == .max)
        for passed in [Deadline(.zero), Deadline(.seconds(-5))] {
            #expect(passed.hasPassed)
            #expect(passed.remaining == .zero)
            #expect(passed.milliseconds == 0)
            // Zero would mean forever.
            #expect(passed.timeval.tv_sec == 0 && passed.timeval.tv_usec == 1)
        }
    }

    @Test func `a sleep ends with it`() {
        let start = MonotonicTime.now
        Deadline(.milliseconds(30)).sleep()
        #expect(MonotonicTime.now - start >= .milliseconds(30))
    }

    @Test func `waiting for a descriptor ends when it is ready or at the deadline`() throws {
        let (output, input) = try FileDescriptor.pipe()
        defer { try? output.close() }
        #expect(!output.isReady(for: .read))
        #expect(try output.wait(for: .read, until: Deadline(.milliseconds(10))).isEmpty)
        #expect(try output.wait(for: .read, or: input, milliseconds: 10) == (false, false))
        try input.writeAll([1])
        #expect(output.isReady(for: .read))
        #expect(try output.wait(for: .read) == .read)
        #expect(try output.wait(for: .read, or: nil, milliseconds: -1) == (true, false))
        #expect(output.readableBytes == 1)
        try input.close()
    }

    @Test func `another thread wakes the loop once`() throws {
        let event = try EventDescriptor()
        event.signal()
        event.signal()
        #expect(event.descriptor.isReady(for: .read))
        event.clear()
        #expect(!event.descriptor.isReady(for: .read))
    }
}
