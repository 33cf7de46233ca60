import ArgumentParser

/// One file in memory to another, by a stream through a segment and by everything else that Linux has for it.
struct Transfer: Part {
    static let configuration = CommandConfiguration(
        abstract: "A file to another process, beside pipe, FIFO, message queue, socket, splice, plain ring.",
        discussion: "To be run on two CPUs, with twice the file's size of free memory in /dev/shm."
    )

    @Option(help: "The file's size, in MiB.")
    var size = 1024

    @Option(help: "Transfers by each way.")
    var count = 7

    @OptionGroup var output: OutputOptions

    func rows() throws -> [Row] {
        try WorkingDirectory.with { directory in
            // One that the caches hold: larger ones are slower.
            try directory.declare(1, sizes: [2 << 20])
            let files = try TransferFiles(in: directory, mebibytes: size)
            return try RunningProgram.with(directory.broker, in: directory) { _ in
                var stream = Samples()
                var others = Way.all.map { _ in Samples() }
                let bodies: [(Bool) throws -> Void] =
                    [
                        { records in
                            let time = try StreamTransfer.run(files, in: directory)
                            if records { stream.record(nanoseconds: time) }
                        }
                    ]
                    + Way.all.indices.map { index in
                        { records in
                            let time = try BaselineTransfer.run(Way.all[index].name, files)
                            if records { others[index].record(nanoseconds: time) }
                        }
                    }
                try interleave(rounds: count, bodies)
                try files.expectEqual()
                return zip(Way.all, others).map { way, other in
                    Row(
                        name: "transferBeside" + way.name.capitalized,
                        title: "One file to another, beside \(way.title)",
                        size: ("mebibytes", size),
                        baseline: way.title,
                        figures: [figure(stream, other, way.goal)]
                    )
                }
            }
        }
    }

    private func figure(_ measured: Samples, _ baseline: Samples, _ goal: Double) -> Figure {
        func rate(_ samples: Samples) -> Double {
            Double(size) * 1_048_576 / (samples.microseconds(50) * 1000)
        }
        return Figure(.throughput, rate(measured), baseline: rate(baseline), goal: .ratioAtLeast(goal))
    }

    /// A way that is not ours, and how many times as fast ours should be.
    private struct Way {
        let name: String
        let title: String
        let goal: Double

        static let all = [
            Way(name: "pipe", title: "pipe", goal: 6),
            Way(name: "fifo", title: "FIFO", goal: 6),
            Way(name: "queue", title: "message queue", goal: 8),
            Way(name: "socket", title: "Unix socket", goal: 1.5),
            Way(name: "splice", title: "splice, 1 MiB pipe", goal: 1.3),
            Way(name: "copy", title: "one process alone", goal: 1),
            // What the machine has for any ring: where this is met and others are not, its memory is slow.
            Way(name: "ring", title: "plain ring in C", goal: 0.9),
        ]
    }
}

extension Quantity {
    static let throughput = Quantity(name: "gigabytesPerSecond", heading: "GB/s, median", digits: 2)
}
