// swift-tools-version: 6.2
import PackageDescription

/// Every product target: the audit list of unsafe code is `grep -rn unsafe Sources`, and a warning stops the build.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// For the target that lends values with a limited lifetime.
///
/// Only the experimental feature can express that; targets that use such values do not need it.
let lending: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

/// Test targets: the expansion of exit tests collides with strict memory safety.
let testing: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Examples are written as by a user of the library.
let example: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(
    name: "Logging",
    package: "swift-log",
    condition: .when(traits: ["Programs"])
)
let arguments = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser",
    condition: .when(traits: ["Programs"])
)

/// Targets that read untrusted bytes.
let fuzzed: [Target.Dependency] = [
    "SegmentBroker", "SegmentConfiguration", "SegmentInterface", "SegmentModel", "SegmentRecords",
    "SegmentService",
    "SegmentTestSupport", "EventLoop", "POSIX", "Varlink", "VarlinkServer", logging, system,
]

let package = Package(
    name: "segmentd",
    products: [
        .library(name: "Segments", targets: ["Segments"]),
        .library(name: "SegmentExchange", targets: ["SegmentExchange"]),
        .library(name: "SegmentC", type: .dynamic, targets: ["SegmentC"]),
        .executable(name: "segmentd", targets: ["segmentd"]),
        .executable(name: "segmentctl", targets: ["segmentctl"]),
    ],
    // A program that takes only the libraries disables the traits, and then fetches swift-system alone.
    traits: [
        .default(enabledTraits: ["Programs"]),
        .trait(name: "Programs", description: "The daemon and segmentctl, with all that they depend on."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        // One target for each external interface.
        .target(name: "CLinux"),
        .target(name: "CTOML"),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .target(name: "POSIX", dependencies: ["CLinux", system], swiftSettings: strict),
        .target(
            name: "SystemVSharedMemory",
            dependencies: ["CLinux", "POSIX", system],
            swiftSettings: strict
        ),
        .target(
            name: "Systemd",
            dependencies: ["CSystemd", "POSIX", "PrintableText", logging, system],
            swiftSettings: strict
        ),
        .target(name: "Varlink", dependencies: ["POSIX", system], swiftSettings: strict),
        .target(name: "EventLoop", dependencies: ["CLinux", "POSIX", system], swiftSettings: strict),
        .target(
            name: "VarlinkServer",
            dependencies: ["EventLoop", "POSIX", "Varlink", system],
            swiftSettings: strict
        ),

        // Makes untrusted text safe to show; used wherever text leaves.
        .target(name: "PrintableText", swiftSettings: strict),

        // The domain of segmentd.
        .target(
            name: "SegmentModel",
            dependencies: ["POSIX", "PrintableText", "SystemVSharedMemory", system],
            swiftSettings: strict
        ),
        .target(
            name: "SegmentInterface",
            dependencies: ["SegmentModel", "SystemVSharedMemory", "Varlink", system],
            exclude: ["io.segmentd.Broker.varlink"],
            swiftSettings: strict
        ),
        .target(
            name: "SegmentConfiguration",
            dependencies: [
                "CTOML", "POSIX", "PrintableText", "SegmentModel", "SystemVSharedMemory", system,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SegmentRecords",
            dependencies: [
                "POSIX", "PrintableText", "SegmentModel", "SystemVSharedMemory", system,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SegmentBroker",
            dependencies: [
                "POSIX", "PrintableText", "SegmentModel", "SegmentRecords", "SystemVSharedMemory", system,
                logging,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SegmentService",
            dependencies: [
                "EventLoop", "POSIX", "PrintableText", "SegmentBroker", "SegmentInterface", "SegmentModel",
                "SystemVSharedMemory", "Varlink", "VarlinkServer", logging, system,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Segments",
            dependencies: [
                "CLinux", "POSIX", "PrintableText", "SegmentInterface", "SegmentModel", "SystemVSharedMemory",
                "Varlink", system,
            ],
            swiftSettings: lending
        ),
        .target(
            name: "SegmentExchange",
            dependencies: ["CLinux", "POSIX", "Segments", "SystemVSharedMemory", system],
            swiftSettings: strict
        ),
        // libsegmentd.so: the compiler checks the Swift functions against the header.
        .systemLibrary(name: "CSegmentd", path: "Sources/SegmentC/include"),
        .target(
            name: "SegmentC",
            dependencies: [
                "CLinux", "CSegmentd", "PrintableText", "Segments", "SegmentExchange", "SegmentModel",
                system,
            ],
            exclude: ["include", "segmentd.map", "segmentd.pc.in"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "segmentd",
            dependencies: [
                "EventLoop", "POSIX", "PrintableText", "SegmentBroker", "SegmentConfiguration",
                "SegmentModel", "SegmentRecords", "SegmentService", "SystemVSharedMemory", "Systemd",
                "Varlink", "VarlinkServer", logging, system,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "segmentctl",
            dependencies: [
                "CLinux", "POSIX", "PrintableText", "Segments", "SegmentConfiguration",
                "SegmentExchange",
                "SegmentInterface", "SegmentModel", "SystemVSharedMemory", "Varlink", arguments, system,
            ],
            swiftSettings: strict
        ),

        // Programs that use the library.
        .executableTarget(
            name: "counter",
            dependencies: ["Segments"],
            path: "Sources/Examples/Counter",
            swiftSettings: example
        ),
        .executableTarget(
            name: "segment-writer",
            dependencies: ["Segments", system],
            path: "Sources/Examples/SegmentWriter",
            swiftSettings: example
        ),
        .executableTarget(
            name: "segment-reader",
            dependencies: ["Segments", system],
            path: "Sources/Examples/SegmentReader",
            swiftSettings: example
        ),

        .target(
            name: "SegmentTestSupport",
            dependencies: [
                "EventLoop", "POSIX", "SegmentBroker", "SegmentModel", "SegmentRecords",
                "SystemVSharedMemory",
                "Varlink", logging, system,
            ],
            path: "Tests/SegmentTestSupport",
            swiftSettings: testing
        ),
        .target(
            name: "SegmentSimulation",
            dependencies: [
                "SegmentBroker", "SegmentModel", "SegmentRecords", "SegmentTestSupport",
                "SystemVSharedMemory", system,
            ],
            path: "Tests/SegmentSimulation",
            swiftSettings: testing
        ),
        .target(
            name: "SegmentExploration",
            dependencies: [
                "SegmentBroker", "SegmentModel", "SegmentTestSupport", "SystemVSharedMemory", system,
            ],
            path: "Tests/SegmentExploration",
            swiftSettings: testing
        ),
        .test("SystemVSharedMemory", and: [system]),
        .test("PrintableText"),
        .test("Varlink"),
        .test("EventLoop", and: ["POSIX", system]),
        .test("POSIX", and: [system]),
        .test("VarlinkServer", and: ["EventLoop", "POSIX", "Varlink", system]),
        .test("SegmentModel", and: ["SystemVSharedMemory", system]),
        .test("SegmentRecords", and: ["SegmentModel", "SystemVSharedMemory", system]),
        .test(
            "SegmentBroker",
            and: [
                "SegmentExploration", "SegmentModel", "SegmentRecords", "SegmentSimulation",
                "SystemVSharedMemory", system,
            ]
        ),
        .test("SegmentConfiguration", and: ["POSIX", "SegmentModel", "SystemVSharedMemory", system]),
        .test("SegmentInterface", and: ["SegmentModel", "SystemVSharedMemory", "Varlink", system]),
        .test("Segments", and: ["SegmentInterface", "SegmentModel", "Varlink", system]),
        .test(
            "SegmentService",
            and: [
                "EventLoop", "POSIX", "SegmentBroker", "SegmentModel", "SegmentRecords",
                "SystemVSharedMemory",
                "Varlink", logging, system,
            ]
        ),
        .test("SegmentExchange", and: [system]),
        .test("Systemd", and: ["SegmentModel", logging]),
        .test(
            "segmentctl",
            and: [
                arguments, "Segments", "SegmentExchange", "SegmentModel", "SystemVSharedMemory", system,
            ]
        ),
        .executableTarget(
            name: "stream-peer",
            dependencies: ["Segments", "SegmentExchange", "SegmentTestSupport"],
            path: "Tests/StreamPeer",
            swiftSettings: testing
        ),
        .executableTarget(
            name: "abusive-client",
            dependencies: ["POSIX", "SegmentTestSupport", "Varlink"],
            path: "Tests/AbusiveClient",
            swiftSettings: testing
        ),
        .testTarget(
            name: "FuzzTests",
            dependencies: fuzzed,
            exclude: ["Corpus", "Fuzzer"],
            swiftSettings: testing
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "POSIX", "Segments", "SegmentExchange", "SegmentModel",
                "SegmentTestSupport", "SystemVSharedMemory", "Varlink", "segmentd", "segmentctl", "counter",
                "segment-writer", "segment-reader", "stream-peer", "abusive-client", system,
            ],
            swiftSettings: testing
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// Built by make with SEGMENTD_TRIALS=1: the benchmark, and everything that simulates, explores, soaks and
// fuzzes for minutes. Others need not wait for them.
if Context.environment["SEGMENTD_TRIALS"] != nil {
    package.targets += [
        .executableTarget(
            name: "segmentbench",
            dependencies: [
                "CLinux", "POSIX", "Segments", "SegmentExchange", "SegmentInterface", "SegmentModel",
                "SegmentTestSupport", "SystemVSharedMemory", "Varlink", "segmentbench-baselines", arguments,
                system,
            ],
            path: "Tests/segmentbench",
            swiftSettings: example
        ),
        .executableTarget(name: "segmentbench-baselines", path: "Tests/Baselines"),
        .test("segmentbench", and: ["SegmentModel", "Varlink"]),
        .executableTarget(
            name: "segment-simulation",
            dependencies: ["SegmentSimulation", "SegmentTestSupport", arguments],
            path: "Tests/Simulate",
            swiftSettings: testing
        ),
        .executableTarget(
            name: "segment-exploration",
            dependencies: ["SegmentExploration", "SegmentTestSupport", arguments],
            path: "Tests/Exploration",
            swiftSettings: testing
        ),
        .executableTarget(
            name: "exchange-fuzzer",
            dependencies: ["SegmentExchange", "SegmentTestSupport"],
            path: "Tests/ExchangeFuzzer",
            swiftSettings: testing
        ),
        .executableTarget(
            name: "segmentd-soak",
            dependencies: ["Segments", "SegmentTestSupport", "SystemVSharedMemory", system],
            path: "Tests/Soak",
            swiftSettings: testing
        ),
    ]
}

// Only for `make fuzz`: libFuzzer, which provides the main function, requires a sanitizer. The fuzzed code is
// tested elsewhere; a separate target would be built for release, where internals cannot be imported.
if Context.environment["FUZZ"] != nil {
    package.targets.removeAll { $0.name == "FuzzTests" }
    package.targets.append(
        .executableTarget(
            name: "input-fuzzer",
            dependencies: fuzzed,
            path: "Tests/FuzzTests",
            exclude: ["Corpus", "CorpusTests.swift"],
            swiftSettings: testing
        )
    )
}

extension Target {
    /// The tests of a target, in the directory of that name.
    static func test(_ name: String, and others: [Dependency] = []) -> Target {
        .testTarget(
            name: "\(name)Tests",
            dependencies: [.byName(name: name), "SegmentTestSupport"] + others,
            swiftSettings: testing
        )
    }
}
