/// States not yet sent to the service manager, in order: the latest of each kind.
struct UntoldStates: Equatable {
    private(set) var states: [ServiceState] = []

    /// Adds newer states, each replacing an older one of its kind.
    mutating func add(_ newer: [ServiceState]) {
        for state in newer where !state.isMomentary {
            states.removeAll { $0.kind == state.kind }
            states.append(state)
        }
    }

    /// The states of the next message.
    ///
    /// Ready, reloading and stopping each begin a message of their own, because their order within one
    /// message has no meaning.
    var next: ArraySlice<ServiceState> {
        var lifecycles = states.indices.filter { states[$0].isLifecycle }.dropFirst()
        return states[..<(lifecycles.popFirst() ?? states.endIndex)]
    }

    /// Removes the states of `next` after they have been sent.
    mutating func told() { states.removeFirst(next.count) }
}

extension ServiceState {
    /// States of the same kind replace each other.
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

    /// Whether it changes the service's state.
    fileprivate var isLifecycle: Bool {
        switch self {
        case .ready, .reloading, .stopping: true
        case .status, .watchdog, .extendTimeout: false
        }
    }

    /// Whether it is true only at the moment of sending, and is sent again regularly.
    var isMomentary: Bool {
        switch self {
        case .watchdog, .extendTimeout: true
        case .ready, .reloading, .stopping, .status: false
        }
    }
}
