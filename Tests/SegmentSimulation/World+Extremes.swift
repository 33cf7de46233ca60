import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Numbers as large and as small as they can be.
extension World {
    private static let times = [Int64.min, -1, 1, 1 << 62, .max]
    private static let counts = [0, 1, 1 << 63 - 65537, 1 << 63, .max] as [UInt64]

    /// Somebody else's segment, of which the kernel may say anything.
    func exaggerate(_ identifier: SegmentIdentifier) {
        kernel.say(of: identifier) { status in
            status.size = random.pick(Self.counts)
            status.attachmentCount = random.pick(Self.counts)
            status.creatorProcessID = random.pick([.min, -1, .max])
            distortTimes(&status)
        }
    }

    /// A segment of ours: the clock was set, or there are more mappings than anybody can make.
    func distort(_ identifier: SegmentIdentifier) {
        kernel.say(of: identifier) { status in
            if random.once(in: 2) {
                distortTimes(&status)
            } else {
                // Less than the most, so that a few more and a few less are told apart.
                status.attachmentCount = random.pick([1 << 63 - 1000, 1 << 63, .max - 1000])
            }
        }
        story.tell(
            "of \(identifier) the kernel says \(kernel.segments[identifier].map { "\($0)" } ?? "nothing")"
        )
    }

    private func distortTimes(_ status: inout SegmentStatus) {
        status.lastAttach = random.pick(Self.times)
        status.lastDetach = random.pick(Self.times)
        status.lastChange = random.pick(Self.times)
    }

    func extremeLimits() -> KernelLimits {
        KernelLimits(
            largestSegment: random.pick(Self.counts),
            segments: Int(clamping: random.pick(Self.counts)),
            totalBytes: random.pick(Self.counts),
            segmentsInUse: Int(clamping: random.pick(Self.counts)),
            bytesInUse: random.pick(Self.counts)
        )
    }

    /// Whether the kernel says of a segment's last detach what cannot be: then nobody can know how long it lingers.
    func hasImpossibleTime(_ identifier: SegmentIdentifier) -> Bool {
        kernel.segments[identifier].map { Self.times.contains($0.lastDetach) } ?? false
    }
}
