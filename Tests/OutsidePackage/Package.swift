// swift-tools-version: 6.2
import PackageDescription

// A package of somebody else's: run.sh tags the repository, and gives its URL in the environment.
let repository = Context.environment["SEGMENTD_REPOSITORY"] ?? ""
let libraries: [Target.Dependency] = [
    .product(name: "Segments", package: "segmentd"), .product(name: "SegmentExchange", package: "segmentd"),
]

let package = Package(
    name: "outside",
    dependencies: [.package(url: repository, from: "1.0.0", traits: [])],
    targets: [
        // README's first program, which run.sh copies here.
        .executableTarget(name: "Counter", dependencies: [.product(name: "Segments", package: "segmentd")]),
        .executableTarget(
            name: "Program",
            dependencies: libraries,
            swiftSettings: [.enableUpcomingFeature("MemberImportVisibility"), .treatAllWarnings(as: .error)]
        ),
        // Every other example of README, the articles and the documentation comments, which examples.py collects.
        .target(name: "Examples", dependencies: libraries),
    ],
    swiftLanguageModes: [.v6]
)
