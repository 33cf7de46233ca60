/// What the name service said of the groups that a configuration names, by the name or number as it writes them.
package typealias GroupTable = AnswerTable<String, GroupLookup>

/// What the name service said of one group.
package enum GroupLookup: PossibleAnswer {
    case found(UInt32)
    case unknown
    /// The name service itself failed, with this errno.
    case failed(Int32)
    /// The name service has not answered.
    case unanswered
}
