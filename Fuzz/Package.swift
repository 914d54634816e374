// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because unsafe flags would make the project unusable as a dependency. See `run`.
let package = Package(
    name: "Fuzz",
    dependencies: [.package(name: "weir", path: "..")],
    targets: [
        .executableTarget(
            name: "Fuzz",
            dependencies: [.product(name: "FlowClient", package: "weir")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"]),
            ],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
    ]
)
