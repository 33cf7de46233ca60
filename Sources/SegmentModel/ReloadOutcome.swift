/// What a reload did, each list in order of name.
package struct ReloadOutcome: Equatable, Sendable {
    package var created: [SegmentName]
    package var changed: [SegmentName]
    package var removing: [SegmentName]

    package init(created: [SegmentName] = [], changed: [SegmentName] = [], removing: [SegmentName] = []) {
        self.created = created
        self.changed = changed
        self.removing = removing
    }
}
