import Glibc
import SegmentTestSupport
import SystemPackage
import Testing

@testable import EventLoop

/// Real descriptors, and what happens to them.
@Suite struct EventSourceTests {
    private let test = TestLoop()
    private var loop: EventLoop { test.loop }

    @Test func `an error is reported whatever is waited for`() throws {
        let log = Log()
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let source = try loop.watch(FileDescriptor(rawValue: ends[1]), for: []) { readiness in
            log.add(readiness.contains(.hungUp) ? "hung up" : "ready")
        }
        #expect(!loop.turn(waiting: false))
        close(ends[0])
        loop.turn(waiting: false)
        #expect(log.taken == ["hung up"])
        source.end()
    }

    @Test func `a source that no longer listens keeps its descriptor until it ends`() throws {
        let pair = SocketPair()
        let source = try loop.watch(pair.descriptor, for: .read) { _ in }
        close(pair.other)
        #expect(loop.turn(waiting: false))
        source.hearNoMore()
        source.interest = []
        #expect(!loop.turn(waiting: false))
        #expect(fcntl(pair.own, F_GETFD) >= 0)
        source.end()
        #expect(fcntl(pair.own, F_GETFD) < 0)
    }

    @Test func `an ended source gets no events, not even ones already found`() throws {
        let log = Log()
        let pairs = [SocketPair(), SocketPair()]
        var sources: [EventSource] = []
        for pair in pairs {
            sources.append(
                try loop.watch(pair.descriptor, for: .read) { _ in
                    log.add("read")
                    for source in sources { source.end() }
                }
            )
        }
        for pair in pairs { pair.write() }
        loop.turn()
        #expect(log.taken == ["read"])
        #expect(pairs.allSatisfy { fcntl($0.own, F_GETFD) < 0 })
        #expect(!loop.turn(waiting: false))
    }

    @Test func `a source that replaces another in the same turn does not get its events`() throws {
        let log = Log()
        let pairs = [SocketPair(), SocketPair()]
        var sources: [EventSource] = []
        let late = SocketPair()
        for pair in pairs {
            sources.append(
                try loop.watch(pair.descriptor, for: .read) { [loop] _ in
                    for source in sources { source.end() }
                    guard sources.count == 2 else { return }
                    sources.append(
                        try! loop.watch(late.descriptor, for: .read) { _ in
                            log.add("late")
                            late.drain()
                        }
                    )
                }
            )
        }
        for pair in pairs { pair.write() }
        loop.turn()
        #expect(log.taken == [])
        late.write()
        loop.turn()
        #expect(log.taken == ["late"])
    }

    @Test func `a source ends with its owner, and its descriptor stays open unless told to close`() throws {
        let pair = SocketPair()
        do {
            let source = try loop.watch(pair.descriptor, for: .read, closing: false) { _ in
                Issue.record("nobody has it")
            }
            pair.write()
            #expect(!source.hasEnded)
        }
        #expect(!loop.turn(waiting: false))
        #expect(fcntl(pair.own, F_GETFD) >= 0)
        #expect(throws: Errno.fileExists) {
            let first = try loop.watch(pair.descriptor, for: .read, closing: false) { _ in }
            defer { first.end() }
            _ = try loop.watch(pair.descriptor, for: .read, closing: false) { _ in }
        }
        #expect(throws: Errno.badFileDescriptor) {
            _ = try loop.watch(FileDescriptor(rawValue: -1), for: .read) { _ in }
        }
        close(pair.own)
    }

    @Test func `only awaited events are reported, but a hang-up always`() throws {
        let log = Log()
        let pair = SocketPair()
        let source = try loop.watch(pair.descriptor, for: []) { readiness in
            log.add(readiness.contains(.hungUp) ? "hung up" : "ready")
        }
        pair.write()
        #expect(!loop.turn(waiting: false))
        source.interest = [.read, .write]
        loop.turn()
        source.interest = []
        #expect(!loop.turn(waiting: false))
        close(pair.other)
        loop.turn()
        #expect(log.taken == ["ready", "hung up"])
    }

    @Test func `a loop and its sources leak no descriptors`() throws {
        let process = ProcessStatus(getpid())
        let before = process.descriptors
        try #require(before > 0)
        for _ in 0..<100 {
            let loop = try EventLoop()
            let pair = SocketPair()
            let source = try loop.watch(pair.descriptor, for: .read) { _ in }
            close(pair.other)
            loop.turn()
            _ = source
        }
        // Other tests have descriptors open at the same time.
        #expect(process.descriptors < before + 100)
    }
}
