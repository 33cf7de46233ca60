import ArgumentParser
import SegmentClient
import SegmentExchange

/// What is published: 64 bytes.
typealias Sample = SIMD8<UInt64>

/// The other process of `latest`, until it is killed.
struct LatestPartner: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "latest-partner", shouldDisplay: false)

    enum Work: String, ExpressibleByArgument {
        case answer, read, publish, count
    }

    @Argument var socket: String
    @Argument var work: Work
    @Argument var readers: UInt64 = 1

    func run() throws {
        let client = try SegmentClient(socket: socket)
        switch work {
        case .answer:
            var reader = try Latest<Sample>.Reader(try client.attach("segment-0"))
            var writer = try Latest<Sample>.Writer(try client.attach("segment-1"))
            while let value = try reader.next() { try writer.publish(value) }
        case .read:
            var reader = try Latest<Sample>.Reader(try client.attach("segment-0"))
            while true { _ = try reader.value() }
        case .count:
            let answers = try Answers(try client.attach("segment-1"))
            var reader = try Latest<Sample>.Reader(try client.attach("segment-0"))
            _ = try reader.value()
            answers.isReady()
            while try reader.next() != nil { answers.add(of: readers) }
        case .publish:
            var writer = try Latest<Sample>.Writer(try client.attach("segment-1"))
            var value = Sample()
            while true {
                value &+= 1
                try writer.publish(value)
            }
        }
    }
}
