import Daemon
import Secrets
import Signer

extension Weir {
    static let runCommand = Command(
        "run", summary: "the daemon: index, submit, serve",
        discussion: """
            Runs until SIGINT or SIGTERM, which let what is in hand finish; a second one ends it at once. Any number of
            processes may share one database, each with the roles it is given; leases decide who does what. The tables must be
            those of this version: see weir migrate.
            """,
        examples: [
            .init("weir run --config /etc/weir/weir.yaml", "everything in one process"),
            .init("weir run --roles serve --control-listen 0.0.0.0:8480", "answers only; needs control.token"),
        ],
        usesConfiguration: true
    ) { context in
        let loaded = try context.loadConfiguration()
        let logger = logger(of: loaded)
        let signers = try await AccountSigners.open(loaded, environment: context.environment)
        let receipts = try await AccountSigners.openReceipts(loaded, environment: context.environment)
        let configuration = loaded.forgetting(Settings.accountKey, Settings.keysPassphrase)
        let wiring = try Wiring(configuration, logger: logger)
        let group = ServiceGroup(
            try wiring.services(signers: signers, receipts: receipts), name: "weir", logger: logger)
        logger.info(
            "starting",
            [
                "roles": configuration[Settings.roles].map(\.rawValue).joined(separator: ","),
                "network": configuration[Settings.network], "worker": wiring.workerID,
                "keys": signers.map(\.name).joined(separator: ","), "memory": SecretMemory.protection.rawValue,
            ])
        if !signers.isEmpty, SecretMemory.protection != .full {
            logger.warning(
                "keys lie in memory that could not be locked: it might be swapped out. Raise the limit (LimitMEMLOCK=8M)",
                ["memory": SecretMemory.protection.rawValue])
        }
        try await group.run()
        logger.info("stopped")
    }
}
