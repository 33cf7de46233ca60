package import SegmentModel
import SystemPackage
package import SystemVSharedMemory

/// Resolves the group and the key of a definition from the answers of name service and file system.
package struct DeclarationResolver: Equatable, Sendable {
    package var groups = GroupTable()
    package var keys = KeyTable()
    /// The group of segments that declare none.
    package let ownGroupID: UInt32
    /// Whether this is a system service, whose unit's sandbox hides paths.
    package let isService: Bool

    package init(
        groups: GroupTable = GroupTable(),
        keys: KeyTable = KeyTable(),
        ownGroupID: UInt32,
        isService: Bool
    ) {
        self.groups = groups
        self.keys = keys
        self.ownGroupID = ownGroupID
        self.isService = isService
    }

    /// Returns a definition with its group and the key it computes to, which another name may have.
    package func declaration(_ definition: SegmentDefinition) -> SegmentLifecycle.Declaration {
        let key: SegmentLifecycle.Placement
        do throws(SegmentProblem) { key = .at(try self.key(of: definition)) } catch {
            key = .impossible(error)
        }
        return SegmentLifecycle.Declaration(definition, group: lookup(definition.group), key: key)
    }

    /// Returns the number of a declared group; throws the problem if there is none.
    package func number(ofGroup group: String?) throws(SegmentProblem) -> UInt32 {
        guard let group else { return ownGroupID }
        switch groups[group] {
        case .found(let number): return number
        case .unknown: throw .groupUnknown(group, failure: nil)
        case .failed(let errno): throw .groupUnknown(group, failure: errno)
        case .unanswered: throw .groupUnanswered(group)
        }
    }

    /// Returns the key that a definition computes to; throws the problem if there is none.
    package func key(of definition: SegmentDefinition) throws(SegmentProblem) -> SegmentKey {
        let path: FilePath
        let project: UInt8
        switch definition.key {
        case .value(let key): return key
        case .ownFile: (path, project) = (definition.file, KeyDeclaration.defaultProject)
        case .path(let declared, let number): (path, project) = (declared, number)
        }
        let lookup = keys[path]
        if isService, definition.key.isHiddenFromService {
            let key: SegmentKey? =
                if case .found(let key) = lookup { key.replacingProjectID(with: project) } else { nil }
            throw KeyPathRule.hiddenProblem(path, key: key)
        }
        switch lookup {
        case .found(let key): return key.replacingProjectID(with: project)
        case .failed(let errno): throw KeyPathRule.problem(path, errno: errno)
        case .unanswered: throw KeyPathRule.unansweredProblem(path)
        }
    }

    /// Returns the problem of the first lookup for a definition that has not been answered; nil if all have.
    package func unanswered(_ definition: SegmentDefinition) -> SegmentProblem? {
        if let group = definition.group, groups[group] == .unanswered { return .groupUnanswered(group) }
        if let file = definition.keyFile, keys[file] == .unanswered {
            return KeyPathRule.unansweredProblem(file)
        }
        return nil
    }

    private func lookup(_ group: String?) -> GroupLookup { group.map { groups[$0] } ?? .found(ownGroupID) }
}
