// swift-tools-version: 6.2
import PackageDescription

// One settings list for every target of ours. There are no package dependencies: C libraries from Debian stand behind
// one module map and one shim each, the toolchain's own modules carry the rest.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func module(_ name: String, _ dependencies: [String] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies.map { .byName(name: $0) }, exclude: exclude, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [String]) -> Target {
    .testTarget(name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: settings)
}

let package = Package(
    name: "weir",
    products: [
        .executable(name: "weir", targets: ["weir"]),
        .library(name: "Cadence", targets: ["Cadence"]),
        .library(name: "FlowClient", targets: ["FlowClient"]),
        .library(name: "Signer", targets: ["Signer"]),
    ],
    targets: [
        // C libraries. CGRPC has no pkgConfig: Debian's grpc.pc repeats its flags until linking fails.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CGRPC", providers: [.apt(["libgrpc-dev"])]),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CWslay", providers: [.apt(["libwslay-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CUnistring", providers: [.apt(["libunistring-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // What any daemon needs, then the wires, then what knows Flow, then what knows the platform.
        module("Encoding"),
        module("Secrets", ["CCrypto"]),
        module("Recurrence", ["Encoding"]),
        module("Daemon", ["CYAML", "Encoding", "Secrets"]),
        module("GRPC", ["CGRPC", "Daemon"]),
        module("HTTP", ["CCurl", "CCrypto", "CMicroHTTPD", "CWslay", "Encoding", "Daemon"]),
        module("Postgres", ["CLibPQ", "Daemon"]),
        module("Schema", ["Postgres", "Daemon"]),
        module("Cadence", ["Encoding"]),
        module("FlowClient", ["Cadence", "Encoding", "GRPC", "HTTP", "CCrypto", "CZlib", "Daemon"]),
        module("Signer", ["CSecp256k1", "CCrypto", "CUnistring", "HTTP", "Encoding", "Secrets", "Daemon"]),
        module("AccessServing", ["FlowClient", "Cadence", "Encoding", "GRPC", "HTTP", "Daemon"]),
        module("Devnet", ["AccessServing", "FlowClient", "Cadence", "Encoding", "Signer", "GRPC", "HTTP", "Daemon"]),
        // Recordings of a real node: read, and played into a devnet to see whether the two can be told apart.
        module("Recordings", ["CZlib"]),
        module(
            "Retelling",
            [
                "Recordings", "Devnet", "AccessServing", "FlowClient", "Cadence", "Encoding", "Signer", "GRPC", "HTTP",
                "Daemon",
            ]),
        module("Indexer", ["Recordings", "FlowClient", "Cadence", "Encoding", "Postgres", "Daemon"]),
        module("Submitter", ["FlowClient", "Cadence", "Encoding", "Postgres", "Signer", "Daemon"]),
        module(
            "PlatformBridge",
            [
                "Indexer", "Submitter", "FlowClient", "Cadence", "Signer", "Postgres", "HTTP", "Recurrence", "CCrypto",
                "Encoding", "Secrets", "Daemon",
            ]),
        .executableTarget(
            name: "weir",
            dependencies: [
                "PlatformBridge", "Indexer", "Submitter", "Retelling", "Recordings", "Devnet", "AccessServing",
                "FlowClient", "Cadence", "Signer", "Schema", "Postgres", "HTTP", "GRPC", "Recurrence", "Encoding",
                "Secrets", "Daemon",
            ],
            swiftSettings: settings),

        // Figures: one file a family; `make bench` runs them in release.
        .systemLibrary(name: "CMeasure", path: "Benchmarks/CMeasure"),
        .systemLibrary(name: "CBareUnary", path: "Benchmarks/CBareUnary"),
        .executableTarget(
            name: "Bench",
            dependencies: [
                "AccessServing", "Devnet", "FlowClient", "Cadence", "Encoding", "Signer", "GRPC", "CSecp256k1",
                "CCrypto", "PlatformBridge", "Submitter", "Indexer", "HTTP", "Postgres", "Schema", "Daemon",
                "CMeasure", "CBareUnary", "Recordings", "TestSupport",
            ],
            path: "Benchmarks/Bench", swiftSettings: settings),

        // Tests: one target a module; StoryTests tells the whole from outside.
        module(
            "TestSupport",
            [
                "Schema", "Postgres", "Recordings", "FlowClient", "Cadence", "Encoding", "Signer", "HTTP", "CZlib",
                "Daemon",
            ]),
        tests("EncodingTests", ["Encoding"]),
        tests("RecurrenceTests", ["Recurrence", "Encoding", "TestSupport", "Daemon"]),
        tests("DaemonTests", ["Daemon", "Encoding", "Secrets", "TestSupport"]),
        tests("GRPCTests", ["GRPC", "TestSupport", "Daemon"]),
        tests("HTTPTests", ["HTTP", "Encoding", "TestSupport", "Daemon"]),
        tests("PostgresTests", ["Postgres", "Schema", "Recordings", "TestSupport", "Daemon"]),
        tests("CadenceTests", ["Cadence", "FlowClient", "Encoding", "Recordings", "TestSupport"]),
        tests(
            "FlowClientTests",
            [
                "AccessServing", "FlowClient", "Cadence", "Encoding", "GRPC", "HTTP", "Signer", "Devnet", "Recordings",
                "TestSupport", "Daemon",
            ]),
        // The targets and seeds of Fuzz/, by way of links: a short run of each.
        tests(
            "FuzzTests",
            [
                "AccessServing", "FlowClient", "Cadence", "Encoding", "HTTP", "GRPC", "Recordings", "TestSupport",
                "Daemon",
            ]),
        tests(
            "SignerTests",
            ["Signer", "FlowClient", "Cadence", "Encoding", "HTTP", "Secrets", "TestSupport", "Daemon"]),
        tests(
            "DevnetTests",
            [
                "Retelling", "Recordings", "Devnet", "AccessServing", "FlowClient", "Cadence", "Encoding", "Signer",
                "GRPC",
                "HTTP", "TestSupport", "Daemon",
            ]),
        tests(
            "IndexerTests",
            [
                "Indexer", "Recordings", "Devnet", "FlowClient", "Cadence", "Encoding", "Signer", "Postgres", "Schema",
                "TestSupport",
                "Daemon",
            ]),
        tests(
            "SubmitterTests",
            [
                "Submitter", "Indexer", "Devnet", "FlowClient", "Cadence", "Encoding", "Signer", "Postgres", "Schema",
                "TestSupport", "Daemon",
            ]),
        tests(
            "PlatformBridgeTests",
            [
                "PlatformBridge", "Submitter", "Indexer", "Devnet", "FlowClient", "Cadence", "Encoding", "Signer",
                "Postgres", "Schema", "HTTP", "TestSupport", "Daemon",
            ]),
        tests(
            "StoryTests",
            [
                "weir", "PlatformBridge", "Submitter", "Devnet", "FlowClient", "Cadence", "Encoding", "Signer",
                "Postgres",
                "Schema", "HTTP", "GRPC", "Secrets", "Daemon", "TestSupport",
            ]),
    ]
)
