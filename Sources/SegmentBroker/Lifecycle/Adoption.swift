package import SegmentModel
import SystemVSharedMemory

/// Decides whether a segment that root has handed to the broker's user takes the name.
///
/// Ownership alone proves nothing, since anyone can give a segment away: root must also ask for the adoption.
extension SegmentLifecycle {
    /// The reason a segment is not adopted.
    package enum AdoptionRefusal: Hashable, Sendable {
        case undeclared
        case nameHasSegment
        case noSuchSegment
        case marked
        /// It has another key than the declared one, or none.
        case keyDiffers
        /// It is smaller than declared.
        case tooSmall
        /// The broker's user does not own it.
        case ownerDiffers
        case kernel(SegmentProblem)
        case record(SegmentProblem)
    }

    mutating func checkAdoption(_ answer: Answer) {
        guard case .observed(let observation) = answer else { return refuseAdoption(.noSuchSegment) }
        if let refusal = adoptionRefusal(of: observation) { return refuseAdoption(refusal) }
        adopting = nil
        refusals = [:]
        takeOver(observation, as: .adopted)
    }

    mutating func refuseAdoption(_ refusal: AdoptionRefusal) {
        adopting = nil
        tell(.cannotAdopt(refusal))
    }

    private func adoptionRefusal(of observation: Observation) -> AdoptionRefusal? {
        let status = observation.status
        guard let declaration else { return .undeclared }
        guard memory == .none else { return .nameHasSegment }
        if observation.isMarked { return .marked }
        if status.key == .private || declaration.key != .at(status.key) { return .keyDiffers }
        if status.size < declaration.definition.size.bytes { return .tooSmall }
        return status.ownerUserID == credentials.userID ? nil : .ownerDiffers
    }
}
