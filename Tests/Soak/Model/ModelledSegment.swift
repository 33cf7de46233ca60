import SystemVSharedMemory

/// What must be true of one name.
struct ModelledSegment {
    enum Life {
        case absent, live
        /// In use, and gone with its last user.
        case draining
    }

    /// Nil once no file declares it.
    var declaration: Declaration?
    var life = Life.absent
    /// An administrator wants it gone with its last user, whatever the files say.
    var isRemovalDue = false
    /// Nil from when it is made until somebody has looked.
    var identifier: SegmentIdentifier?
    /// As it was made, in bytes.
    var size: UInt64 = 0
    /// Which bytes are in it; nil for the zeros of a new one.
    var content: UInt64?
    /// Who has it attached, by number; true where there is also a lease.
    var users: [Int: Bool] = [:]

    /// It is made anew.
    mutating func make() {
        guard let declaration else { return }
        self = ModelledSegment(declaration: declaration, life: .live, size: declaration.size)
    }

    /// It is removed.
    mutating func remove() {
        self = ModelledSegment(declaration: declaration)
    }

    /// Made without anybody asking for it by name.
    mutating func provision() {
        if life == .absent, let declaration, !declaration.keep.isMadeByItsUsers { make() }
    }

    /// It goes if it is one that goes with its last user.
    mutating func retire() {
        guard users.isEmpty, life == .draining || life == .live && declaration?.keep == .whileUsed else {
            return
        }
        remove()
    }
}
