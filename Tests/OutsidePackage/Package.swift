// swift-tools-version: 6.2
import PackageDescription

// A stranger's package: it takes the libraries by URL and version, as run.sh has tagged them, and nothing of the daemon's.
let repository = Context.environment["SEGMENTD_REPOSITORY"] ?? "https://example.invalid/segmentd"
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
