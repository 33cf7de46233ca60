import SystemPackage

extension Configuration {
    /// The directories that are not there but declared these segments, which nothing declares now.
    ///
    /// That a file is gone says that its segment is to go; that a directory is gone may as well be an unmounted disk.
    package func vanishedDirectories(of declarations: [SegmentDefinition]) -> [String] {
        guard !missingDirectories.isEmpty else { return [] }
        let declared = Set(segments.map(\.name))
        let directories = Set(
            declarations.filter { !declared.contains($0.name) }.map { $0.file.removingLastComponent().string }
        )
        return missingDirectories.filter(directories.contains)
    }

    /// The directory that is not there although records name segments that nothing declares now; nil where none is.
    package func vanishedDirectory(of recorded: Set<SegmentName>) -> String? {
        guard let missing = missingDirectories.first,
            FilePath(missing).removingLastComponent().string == directory,
            !recorded.isSubset(of: segments.map(\.name))
        else { return nil }
        return missing
    }
}

extension ConfigurationProblem {
    /// `remedy` removes the segments.
    package static func vanished(_ directory: String, remedy: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: directory,
            message: "is not there, but segments that were declared in it are",
            remedy: "put it back, or, to have them removed, \(remedy)"
        )
    }
}
