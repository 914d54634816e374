import Cadence
import Daemon
import Encoding
import FlowClient
import PlatformBridge
import Secrets
import Signer

/// Every key of the configuration. `weir config --reference` prints this table.
enum Settings {
    static let databaseURL = Setting(
        "database.url", .nonEmptyText, default: "postgresql:///weir", secret: true,
        "how to reach Postgres: a libpq URI or key=value words")
    static let databaseSchema = Setting(
        "database.schema", .schemaName, default: "weir", "the schema that all tables of weir lie in")
    static let databasePoolSize = Setting(
        "database.pool_size", .integer(2...200), default: 8, "connections to Postgres at most")

    static let readURLs = Setting(
        "database.read_urls", .list(of: .nonEmptyText, count: 0...20), default: [], secret: true,
        "hot standbys that answer who owns what where they are near enough: libpq URIs; one that lags is passed over")

    static let network = Setting(
        "flow.network", .choice(["emulator", "testing", "testnet", "mainnet"], name: { $0 }), default: "emulator",
        "which network of cadence/flow.json: decides contract addresses and which account addresses are valid")
    static let nodes = Setting(
        "flow.nodes", .list(of: .url(schemes: nodeSchemes), count: 0...20), default: [],
        "access nodes, such as grpc://access.mainnet.nodes.onflow.org:9000 or https://rest-mainnet.onflow.org; none: the network's own from flow.json"
    )
    static let contracts = Setting(
        "flow.contracts_address", SettingKind<Address>.flowAddress.optional,
        "the account that NovaBrand, NovaPass and NovaCollectible are deployed to; none: the platform account's")
    static let storefront = Setting(
        "flow.storefront_address", SettingKind<Address>.flowAddress.optional,
        "the account that NFTStorefrontV2 is deployed to; none: as flow.json has it")

    static let accountAddress = Setting(
        "account.address", SettingKind<Address>.flowAddress.optional,
        "the platform's account: proposer, payer and authorizer of operations")
    static let accountKeyIndex = Setting(
        "account.key_index", SettingKind<Int>.integer(0...1_000_000).optional,
        "the index of the account's key of full weight, to be checked at start; none: any key of the account that fits")
    static let accountKeys = Setting(
        "account.keys", .list(of: .keyName, count: 1...100), default: [(try? KeyName("payer"))!],
        "names of the account's keys in keys.store: the first pays, further ones propose, such as payer.old1 after a rotation"
    )
    static let accountKey = Setting(
        "account.private_key", SettingKind<SecretBytes>.secret.optional, secret: true,
        "where there is no keys.store: the key's private scalar, 64 hex digits, from WEIR_ACCOUNT_PRIVATE_KEY_FILE")
    static let keyStore = Setting(
        "keys.store", SettingKind<KeyStorePlace>.keyStore.optional,
        "where the account's keys lie: see weir help keys list")
    static let keysPassphrase = Setting(
        "keys.passphrase", SettingKind<SecretBytes>.secret.optional, secret: true,
        "of the key file that keys.store names; better WEIR_KEYS_PASSPHRASE_FILE")
    static let accountSignatureAlgorithm = Setting(
        "account.signature_algorithm", .choice(["ECDSA_P256", "ECDSA_secp256k1"], name: { $0 }), default: "ECDSA_P256",
        "the curve of account.private_key")
    static let accountHashAlgorithm = Setting(
        "account.hash_algorithm", .choice(["SHA2_256", "SHA3_256"], name: { $0 }), default: "SHA3_256",
        "the hash algorithm that account.private_key is registered with")

    static let roles = Setting(
        "roles", .list(of: .choice(Role.allCases, name: \.rawValue), count: 1...4), default: Role.allCases,
        "what this process does: ingest follows the chain, submit signs and sends, serve answers over HTTP, bridge does what comes by the clock and tells the platform by webhooks; any number of processes share one database"
    )
    static let workerID = Setting(
        "worker.id", SettingKind<String>.nonEmptyText.optional,
        "names this process among those that share the database; a restart under the same name takes over at once")
    static let startHeight = Setting(
        "ingest.start_height", SettingKind<Int>.integer(0...Int.max).optional,
        "the first block to index when nothing is indexed yet; before the first transaction of the contracts. Unset: the first that the nodes have"
    )
    static let expiry = Setting(
        "submit.expiry", .integer(1...600), default: 600,
        "blocks after its reference block in which the network takes a transaction: 600 on mainnet and testnet, what `--transaction-expiry` says on an emulator (10 by default)"
    )
    static let lanes = Setting(
        "submit.lanes", .integer(1...1000), default: 8,
        "proposal keys to have: as many transactions can be under way at once")

    static let controlAddress = Setting(
        "control.listen", .address, default: SocketAddress("127.0.0.1:8480")!, "where the control port listens")
    static let controlToken = Setting(
        "control.token", SettingKind<SecretBytes>.secret.optional, secret: true,
        "callers must send it as `Authorization: Bearer …`; without one the port may only listen on loopback")
    // The head is noted once a second where all is well: a shorter silence means nothing.
    static let maximumSilence = Setting(
        "control.maximum_silence", .duration(.seconds(2) ... .seconds(3600)),
        default: ControlPort.Readiness().maximumSilence,
        "/readyz is 503 once the sealed head was last seen longer ago than this, 2s to 1h")

    static let logLevel = Setting("log.level", .logLevel, default: .info, "the least that is logged")
    static let logFormat = Setting(
        "log.format", .choice(StandardErrorLogSink.Format.allCases, name: \.rawValue), default: .automatic,
        "text, json, or automatic: text on a terminal, JSON elsewhere")

    /// gRPC and HTTP, each with TLS and without.
    static let nodeSchemes = ["grpc", "grpcs", "http", "https"]

    static let controlHosts = Setting(
        "control.hosts", .list(of: SettingKind<String>.hostName, count: 0...100), default: [],
        "names by which the control port is reached, beside localhost and addresses: browsers' pages of these may use it, and without control.token it answers to no other name"
    )

    static let privateWebhooks = Setting(
        "webhooks.allow_private", .boolean, default: false,
        "whether webhooks may go to plain http and to addresses within private networks: where the platform is next door"
    )

    static let appIdentifier = Setting(
        "wallets.app_identifier", .nonEmptyText, default: "weir",
        "what account proofs are made for: the application's name as wallets show it")
    static let receiptsKey = Setting(
        "receipts.key", SettingKind<KeyName>.keyName.optional,
        "the key in keys.store that signs receipts, one for SHA2_256; none: answers carry no receipt")

    enum Role: String, CaseIterable, Sendable {
        case ingest, submit, serve, bridge
    }

    static let table = ConfigurationTable(
        [
            databaseURL, databaseSchema, databasePoolSize, readURLs, network, nodes, historyNodes, publishedHistory,
            sendsPerSecond,
            scriptsPerSecond, eventQueriesPerSecond, otherCallsPerSecond, budgets, callTimeout, hedgeAfter, attempts,
            longestPause, stallAfter, probeEvery, toleratedLag, failuresUntilDown, longestDown, leastBudgetShare,
            contracts, storefront, accountAddress, accountKeyIndex, accountKeys, accountKey, keyStore, keysPassphrase,
            accountSignatureAlgorithm,
            accountHashAlgorithm, roles, workerID, startHeight, indexPlatform, indexNFTs, indexVaults, hybridCustody,
            reconcileScripts,
            expiry,
            lanes, controlAddress, controlToken, controlHosts, maximumSilence, privateWebhooks, appIdentifier,
            receiptsKey, logLevel, logFormat,
        ],
        // Those of build, test and devnet, which are no settings.
        otherVariables: [
            "WEIR_SHARED", "WEIR_REQUIRE_SHARED", "WEIR_REQUIRE_PEERS", "WEIR_CRASH_AT", "WEIR_BINARY", "WEIR_CONFIG",
        ],
        checks: [
            ConfigurationCheck(reading: [network, accountAddress, contracts, storefront], find: addressesFitNetwork),
            ConfigurationCheck(reading: [network, historyNodes, publishedHistory], find: historyIsOne),
            ConfigurationCheck(
                reading: [network, nodes, historyNodes, publishedHistory, budgets], find: budgetsFitNodes),
            ConfigurationCheck(reading: [roles, accountAddress, accountKey, keyStore], find: submitterHasAccount),
            ConfigurationCheck(
                reading: [roles, indexPlatform, indexNFTs, indexVaults, hybridCustody], find: indexFitsRoles),
            ConfigurationCheck(reading: [network, indexNFTs, indexVaults], find: indexNamesOnce),
            ConfigurationCheck(reading: [controlAddress, controlToken], find: openPortHasToken),
            ConfigurationCheck(reading: [receiptsKey, keyStore], find: receiptsHaveStore),
            ConfigurationCheck(
                reading: [databaseURL], find: { secretOnCommandLine($0, databaseURL, if: { hasPassword($0) }) }),
            ConfigurationCheck(
                reading: [readURLs],
                find: { secretOnCommandLine($0, readURLs, if: { $0.contains(where: hasPassword) }) }),
            ConfigurationCheck(reading: [accountKey], find: { secretOnCommandLine($0, accountKey, if: { $0 != nil }) }),
            ConfigurationCheck(
                reading: [keysPassphrase], find: { secretOnCommandLine($0, keysPassphrase, if: { $0 != nil }) }),
            ConfigurationCheck(
                reading: [controlToken], find: { secretOnCommandLine($0, controlToken, if: { $0 != nil }) }),
        ])

    @Sendable private static func submitterHasAccount(_ configuration: Configuration) -> [ConfigurationMistake] {
        guard configuration[roles].contains(.submit) else { return [] }
        var mistakes: [ConfigurationMistake] = []
        if configuration[accountAddress] == nil {
            mistakes.append(.init(key: accountAddress.name, "must be set where the role submit is on"))
        }
        switch (configuration[keyStore], configuration[accountKey]) {
        case (nil, nil):
            mistakes.append(
                .init(key: keyStore.name, "must be set where the role submit is on, or else \(accountKey.name)"))
        case (.some, .some):
            mistakes.append(.init(key: accountKey.name, "can't be set beside \(keyStore.name): one place for keys"))
        default: break
        }
        return mistakes
    }

    @Sendable private static func receiptsHaveStore(_ configuration: Configuration) -> [ConfigurationMistake] {
        guard configuration[receiptsKey] != nil, configuration[keyStore] == nil else { return [] }
        return [ConfigurationMistake(key: receiptsKey.name, "needs keys.store, which has the key")]
    }

    /// An address of another network is told by its form alone. The network `testing` has addresses of its own making.
    @Sendable private static func addressesFitNetwork(_ configuration: Configuration) -> [ConfigurationMistake] {
        let name = configuration[network]
        guard name != "testing" else { return [] }
        return [accountAddress, contracts, storefront].compactMap { setting in
            guard let address = configuration[setting], !address.isValid(on: Wiring.chain(of: name)) else { return nil }
            return ConfigurationMistake(
                key: setting.name, "\(address) is no address of \(name) (flow.network)",
                origin: configuration.origin(of: setting))
        }
    }

    /// A process list shows command lines to everybody.
    private static func secretOnCommandLine<Value>(
        _ configuration: Configuration, _ setting: Setting<Value>, if isSecret: (Value) -> Bool
    ) -> [ConfigurationMistake] {
        guard case .flag = configuration.origin(of: setting), isSecret(configuration[setting]) else { return [] }
        let variable = table.variable(for: setting)
        return [
            ConfigurationMistake(
                key: setting.name,
                "is a secret and does not belong on a command line: use \(variable) or \(variable)_FILE",
                origin: configuration.origin(of: setting))
        ]
    }

    static func hasPassword(_ url: String) -> Bool {
        url.contains("password") || url.firstMatch(of: /:\/\/[^\/@]*:[^\/@]+@/) != nil
    }

    @Sendable private static func openPortHasToken(_ configuration: Configuration) -> [ConfigurationMistake] {
        guard configuration[controlToken] == nil, case .tcp(let host, _) = configuration[controlAddress],
            !["127.0.0.1", "::1", "localhost"].contains(host)
        else { return [] }
        return [ConfigurationMistake(key: controlAddress.name, "may only be loopback while control.token is not set")]
    }
}
extension SettingKind where Value == Address {
    static var flowAddress: Self {
        custom(
            "a Flow address, 1 to 16 hex digits", parse: { Address($0) }, show: { $0.hex })
    }
}

extension SettingKind where Value == Bool {
    static var boolean: Self { .choice([false, true], name: { $0 ? "true" : "false" }) }
}

extension SettingKind where Value == String {
    /// Without a port.
    static var hostName: Self {
        custom(
            "a host name without a port",
            parse: {
                $0.utf8.count <= 253 && $0.wholeMatch(of: /[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?/) != nil ? $0 : nil
            },
            show: { $0 })
    }

    /// What needs no quotes in SQL and fits an identifier of Postgres.
    static var schemaName: Self {
        custom(
            "lower-case letters, digits and underscores, 63 at most",
            parse: { $0.utf8.count <= 63 && $0.wholeMatch(of: /[a-z_][a-z0-9_]*/) != nil ? $0 : nil }, show: { $0 })
    }
}
