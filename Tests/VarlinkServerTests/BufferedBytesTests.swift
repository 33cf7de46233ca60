import Testing

@testable import VarlinkServer

@Suite struct BufferedBytesTests {
    @Test(
        arguments: [
            (0, 0, 1024, false), (0, 4 << 20, 1024, false), (0, 4 << 20 + 1, 1024, true),
            (0, 4 << 20 + 1, 1 << 30, true), (1 << 20, 0, 1024, false), (1 << 20 + 4, 0, 1024, true),
            (4 << 20, 4 << 20, 1 << 20, false), (4 << 20 + 4, 0, 1 << 20, true), (.max, 0, .max, false),
        ] as [(Int, Int, Int, Bool)]
    )
    func `calls have a limit by the longest, replies one of their own`(
        calls: Int,
        replies: Int,
        longest: Int,
        exceeds: Bool
    ) {
        let all = BufferedBytes(calls: calls, replies: replies)
        #expect(all.exceeds(longestMessage: longest, inOneConnection: BufferedBytes(replies: 1)) == exceeds)
    }

    @Test(
        arguments: [
            (8 << 20, 8 << 20, false), (8 << 20 + 1, 8 << 20, true), (4 << 20, 1, false), (.max, .max, false),
        ] as [(Int, Int, Bool)]
    )
    func `one connection alone may have a reply of any length`(replies: Int, one: Int, exceeds: Bool) {
        let (all, one) = (BufferedBytes(replies: replies), BufferedBytes(replies: one))
        #expect(all.exceeds(longestMessage: 1024, inOneConnection: one) == exceeds)
    }
}
