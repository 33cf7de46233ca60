import SegmentTestSupport
import Synchronization
import Testing

@testable import Segments

@Suite struct SegmentAtomicTests {
    /// Provides a page of memory, like the first page of a segment.
    private func withMemory(_ body: (UnsafeMutableRawPointer) throws -> Void) rethrows {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xee, count: 4096)
        try body(memory)
    }

    private func check<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) {
        withMemory { memory in
            let width = MemoryLayout<Value>.size
            let word = SegmentAtomic<Value>(unsafe: memory + width, isWritable: true)
            word.store(.max, ordering: .releasing)
            #expect(word.load(ordering: .acquiring) == .max)
            let added = word.add(2, ordering: .acquiringAndReleasing)
            #expect(added.oldValue == .max && added.newValue == Value.min + 1)
            #expect(word.exchange(7, ordering: .sequentiallyConsistent) == Value.min + 1)
            let refused = word.compareExchange(expected: 8, desired: 9, ordering: .acquiringAndReleasing)
            #expect(refused == (false, 7))
            let exchanged = word.compareExchange(expected: 7, desired: .min, ordering: .releasing)
            #expect(exchanged == (true, 7))
            #expect(word.load(ordering: .sequentiallyConsistent) == .min)
            word.store(0, ordering: .relaxed)
            #expect(word.load(ordering: .relaxed) == 0)
            // The neighboring bytes are unchanged.
            #expect(memory.load(fromByteOffset: width - 1, as: UInt8.self) == 0xee)
            #expect(memory.load(fromByteOffset: 2 * width, as: UInt8.self) == 0xee)
        }
    }

    @Test func `every integer is loaded, stored, exchanged and added`() {
        check(Int32.self)
        check(UInt32.self)
        check(Int64.self)
        check(UInt64.self)
        check(Int.self)
        check(UInt.self)
    }

    @Test func `no addition of another thread is lost`() throws {
        try withMemory { memory in
            memory.storeBytes(of: 0, as: UInt64.self)
            let address = UInt(bitPattern: memory)
            let threads = (0..<4).map { _ in
                Thread {
                    guard let memory = UnsafeMutableRawPointer(bitPattern: address) else { return }
                    let word = SegmentAtomic<UInt64>(unsafe: memory, isWritable: true)
                    for _ in 0..<100_000 { word.add(1, ordering: .relaxed) }
                }
            }
            for thread in threads { try thread.value() }
            #expect(memory.load(as: UInt64.self) == 400_000)
        }
    }

    @Test(
        arguments: [
            (0, 8, true), (0, 7, false), (1, 16, false), (4, 16, false), (8, 16, true), (16, 16, false),
            (8, 15, false), (-8, 16, false), (.max, .max, false), (.max - 7, .max, false), (.min, 0, false),
            (0, 0, false),
        ] as [(Int, Int, Bool)]
    )
    func `an integer lies aligned and whole within the segment`(offset: Int, size: Int, fits: Bool) {
        #expect(SegmentAtomic<UInt64>.fits(at: offset, in: size) == fits)
    }

    @Test func `a value in read-only memory is loaded and never changed`() async {
        withMemory { memory in
            let word = SegmentAtomic<UInt32>(unsafe: memory, isWritable: false)
            #expect(word.load(ordering: .relaxed) == 0xeeee_eeee)
        }
        await #expect(processExitsWith: .failure) {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
            SegmentAtomic<UInt64>(unsafe: memory, isWritable: false).add(1, ordering: .relaxed)
        }
    }

    @Test func `four bytes suffice for 32 bits`() {
        #expect(SegmentAtomic<Int32>.fits(at: 4, in: 8))
        #expect(!SegmentAtomic<Int32>.fits(at: 2, in: 8))
        #expect(!SegmentAtomic<Int32>.fits(at: 8, in: 11))
    }

    @Test func `an integer that no single instruction changes lies nowhere`() {
        #expect(!SegmentAtomic<UInt8>.fits(at: 0, in: 4096))
        #expect(!SegmentAtomic<Int16>.fits(at: 0, in: 4096))
        #expect(!SegmentAtomic<UInt128>.fits(at: 0, in: 4096))
    }
}
