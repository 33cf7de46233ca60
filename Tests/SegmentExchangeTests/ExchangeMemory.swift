import Glibc
import SegmentExchange
import Synchronization

/// Memory as a segment would be: aligned, zero, shared by whoever has it.
final class ExchangeMemory: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        bytes = .allocate(byteCount: count, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }

    var shared: SharedBytes { SharedBytes(bytes) }

    func text(_ offset: Int, _ count: Int) -> String {
        String(decoding: bytes[offset..<offset + count], as: UTF8.self)
    }
}

/// A thread that may block, which those of the tests must not.
final class Thread<Value>: @unchecked Sendable {
    private let result = Outcome()
    private let thread: pthread_t

    init(_ body: @escaping () throws -> Value) {
        let result = result
        thread = startThread(Work { result.value = Result { try body() } })
    }

    /// Waits for its end.
    func value() throws -> Value {
        pthread_join(thread, nil)
        guard let value = result.value else { throw NoResult() }
        return try value.get()
    }

    private final class Outcome {
        var value: Result<Value, any Error>?
    }

    private struct NoResult: Error {}
}

private final class Work {
    let run: () -> Void

    init(_ run: @escaping () -> Void) { self.run = run }
}

private func startThread(_ work: Work) -> pthread_t {
    var thread = pthread_t()
    pthread_create(
        &thread,
        nil,
        { argument in
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
        },
        Unmanaged.passRetained(work).toOpaque()
    )
    return thread
}

/// Something that one thread waits for another to do.
final class Flag: Sendable {
    private let isRaised = Atomic(false)

    func raise() { isRaised.store(true, ordering: .sequentiallyConsistent) }

    func wait() { while !isRaised.load(ordering: .sequentiallyConsistent) { usleep(100) } }
}
