import Logging
import SegmentModel
import SystemVSharedMemory

extension Broker {
    /// Returns the problems of the host, which may affect any segment.
    func hostWarnings(_ limits: KernelLimits?) -> [SegmentProblem] {
        var warnings: [SegmentProblem] = []
        if kernel.destroysUnattachedSegments() == true { warnings.append(.unattachedSegmentsDestroyed) }
        if identity.isService, !identity.groupMembers.isEmpty { warnings.append(.groupHasMembers(identity)) }
        let unknown = configuration.settings.administrators.filter { groups[$0] == .unknown }
        if !unknown.isEmpty { warnings.append(.unknownAdministrators(unknown)) }
        if let limits {
            warnings += LimitWarnings.warnings(limits, largest: largestSegment)
        }
        return warnings
    }

    private var largestSegment: LimitWarnings.Largest? {
        segments.values.compactMap { segment in
            segment.live.map { LimitWarnings.Largest(name: segment.name, bytes: $0.identity.traits.size) }
        }.max()
    }

    /// Logs each warning once when it appears and once when it is resolved.
    func logHostWarnings() {
        let warnings = hostWarnings(kernelLimits())
        for warning in warnings where !loggedHostWarnings.contains(warning) {
            report(.warning, .hostWarned, "Host: \(warning.message)")
        }
        for warning in loggedHostWarnings where !warnings.contains(warning) {
            report(.notice, .hostRecovered, "Host: resolved: \(warning.message)")
        }
        loggedHostWarnings = warnings
    }
}
