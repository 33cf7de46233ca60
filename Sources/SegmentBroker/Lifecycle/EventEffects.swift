import SegmentModel
import SystemVSharedMemory

/// Updates the facts from an event.
extension SegmentLifecycle {
    mutating func apply(_ event: Event) {
        switch event {
        case .declared(let declaration):
            isDismissed = false
            declare(declaration)
        case .resolved(let declaration): declare(declaration)
        case .undeclared:
            declare(nil)
            isDismissed = false
            if request?.verb == .renew { request = nil }
        case .demanded(let isDemanded):
            self.isDemanded = isDemanded
            if isDemanded, memory == .none, !isHeld { isDismissed = false }
        case .leases(let count): note(leases: count)
        case .asked(let request):
            // An undeclared segment cannot be renewed.
            if declaration != nil || request?.verb != .renew { self.request = request }
        case .adopt(let identifier): adopting = identifier
        case .look: look()
        case .lingerOver: if case .armed(let time) = linger { linger = .over(time) }
        case .returned: change { $0.awaitsClients = false }
        case .stopping:
            phase = .stopping
            change { $0.isFresh = false }
        case .restarting: phase = .restarting
        case .answered(let action, .refused(let problem)): apply(refusal: problem, of: action)
        case .answered(let action, let answer): apply(answer, to: action)
        }
    }

    mutating func note(leases count: Int) {
        change { live in
            live.wasUsed = live.wasUsed || count > 0
            live.awaitsClients = live.awaitsClients && count > 0
        }
        leases = count
    }

    private mutating func declare(_ new: Declaration?) {
        guard new != declaration else { return }
        if new?.placedKey != declaration?.placedKey { (loss, thefts) = (.none, 0) }
        (refusals, declaredKey, declaration) = ([:], .notAsked, new)
    }

    /// Forgets everything that may have changed since the last look.
    private mutating func look() {
        (refusals, declaredKey) = ([:], .notAsked)
        for index in formerMemory.indices { formerMemory[index].attachments = nil }
        change { $0.isFresh = false }
    }

    /// Without memory, a removal is complete, and renewing a segment that is created on demand has nothing to do.
    mutating func meetRequestWithoutMemory() {
        guard memory == .none else { return }
        switch request?.verb {
        case .remove: (request, isDismissed) = (nil, true)
        case .renew where declaration?.isWhileUsed == true: request = nil
        case .renew, nil: break
        }
    }

    /// A removal completed before this start is void: a start wants every declared segment again.
    mutating func forgetMetRemoval() {
        if memory == .none, request?.verb == .remove { request = nil }
    }

    /// Rejects a request that was neither met at once nor recorded, since a crash would forget it.
    mutating func refuseUnrecordedRequest() {
        guard request != nil, request != stored?.request else { return }
        request = memory == .none ? nil : stored?.request
        tell(.requestNotRecorded(refusals[.record]))
    }

    mutating func change(_ body: (inout Live) -> Void) {
        guard case .live(var live) = memory else { return }
        body(&live)
        memory = .live(live)
    }
}
