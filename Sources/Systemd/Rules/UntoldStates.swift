/// What the service manager has not been told yet, in the order in which it is to hear it: the latest of each kind.
struct UntoldStates: Equatable {
    private(set) var states: [ServiceState] = []

    /// Puts newer states behind what is untold, in the place of older ones of their kind.
    mutating func add(_ newer: [ServiceState]) {
        for state in newer where !state.isMomentary {
            states.removeAll { $0.kind == state.kind }
            states.append(state)
        }
    }

    /// What the next message says.
    ///
    /// Ready, reloading and stopping begin one each: in one message they would not mean one after the other.
    var next: ArraySlice<ServiceState> {
        var lifecycles = states.indices.filter { states[$0].isLifecycle }.dropFirst()
        return states[..<(lifecycles.popFirst() ?? states.endIndex)]
    }

    /// The service manager has taken `next`.
    mutating func told() { states.removeFirst(next.count) }
}

extension ServiceState {
    /// What of two the later replaces.
    fileprivate var kind: Int {
        switch self {
        case .ready: 0
        case .reloading: 1
        case .stopping: 2
        case .status: 3
        case .watchdog: 4
        case .extendTimeout: 5
        }
    }

    /// Whether it moves the service from one state to another.
    fileprivate var isLifecycle: Bool {
        switch self {
        case .ready, .reloading, .stopping: true
        case .status, .watchdog, .extendTimeout: false
        }
    }

    /// True only at the moment of telling, and told again anyway.
    var isMomentary: Bool {
        switch self {
        case .watchdog, .extendTimeout: true
        case .ready, .reloading, .stopping, .status: false
        }
    }
}
