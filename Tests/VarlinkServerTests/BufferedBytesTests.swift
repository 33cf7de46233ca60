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
    func `calls have a limit by the longest call, replies a separate one`(
        calls: Int,
        replies: Int,
        longest: Int,
        exceeds: Bool
    ) {
        #expect(BufferedBytes(calls: calls, replies: replies).exceeds(longestMessage: longest) == exceeds)
    }
}
