extension SharedWord {
    /// Writes a claim into a word that has none, or that of a process that has ended, if `mayReplace` says so then.
    ///
    /// Returns whether it did; false also where another process was faster. Throws `taken` and `cannotBeWatched`.
    func take(
        _ claim: Claim,
        _ mayReplace: () throws(ExchangeError) -> Bool = { true }
    ) throws(ExchangeError) -> Bool {
        let holder = Claim(word: load())
        if holder != .nobody {
            switch try holder.claimant(seenBy: claim) {
            case .alive: throw .taken(processID: holder.processID)
            case .hidden: throw .cannotBeWatched(processID: holder.processID)
            case .ended: break
            }
            guard try mayReplace() else { return false }
        }
        return replace(holder.word, by: claim.word) == holder.word
    }
}
