import FlowClient

extension Recipe {
    static let passRecipes = [
        Recipe("create_passes", cost: .init(7, 3.53), flip370: .init(51.2, 16.55)) { call in
            let passes = try call.passOperator()
            let columns = (1...5).map(call.strings)
            let names = ["ids[i]", "brandIDs[i]", "names[i]", "descriptions[i]", "images[i]"]
            let (operations, supplies) = (call.strings(0), call.optionalUInt64s(6))
            for i in columns[0].indices {
                try call.spendItem()
                let row = try zip(columns, names).map { try call.element($0, i, $1) }
                let maxSupply = try call.element(supplies, i, "maxSupplies[i]")
                let operation = try call.element(operations, i, "operations[i]")
                try call.execution.call("operator.createPass(") {
                    try passes.createPass(
                        id: row[0], brandID: row[1], name: row[2], maxSupply: maxSupply, operation: operation)
                }
            }
        },
        Recipe("schedule_release", cost: .init(8)) { call in
            try call.passOperator().scheduleRelease(
                .init(
                    id: call.string(1), passID: call.string(2), supply: call.uint64(3), price: call.ufix64(4),
                    startsAt: call.uint64(5), endsAt: call.optionalUInt64(6)), operation: call.string(0))
        },
        Recipe("airdrop_passes", cost: .init(13, 14.6, locker: 0.45), flip370: .init(95, 47.6, locker: 0.5)) { call in
            let passes = try call.passOperator()
            let (operations, releases, drops) = (call.strings(0), call.strings(1), call.strings(2))
            let (recipients, holders) = (call.optionalAddresses(3), call.optionalStrings(4))
            for (i, operation) in operations.enumerated() {
                let release = try call.element(releases, i, "releaseIDs[i]")
                let drop = try call.element(drops, i, "dropIDs[i]")
                let to = try call.element(recipients, i, "recipients[i]")
                try call.spendItem(toLocker: passes.receiver(to) == nil)
                let holder = try call.element(holders, i, "holders[i]")
                try call.execution.call("operator.airdrop(") {
                    try passes.airdrop(releaseID: release, dropID: drop, to: to, holder: holder, operation: operation)
                }
            }
        },
        Recipe("claim_tokens", cost: .init(7, 1.06), flip370: .init(46.3, 6.19)) { call in
            let passes = try call.passOperator()
            let (operations, passIDs) = (call.strings(0), call.strings(2))
            for (i, id) in call.uint64s(1).enumerated() {
                try call.spendItem()
                let passID = try call.element(passIDs, i, "passIDs[i]")
                let operation = try call.element(operations, i, "operations[i]")
                try call.execution.call("operator.claim(") {
                    try passes.claim(id: id, passID: passID, operation: operation)
                }
            }
        },
        Recipe("settle_linked_wallet", cost: .init(12, 10)) { call in
            let passes = try call.passOperator()
            let collectibles = try call.collectibleOperator()
            let (operation, holder, to) = (call.string(0), call.string(1), call.address(2))
            let (passIDs, collectibleIDs) = (call.uint64s(3), call.uint64s(4))
            for _ in passIDs.indices { try call.spendItem() }
            for _ in collectibleIDs.indices { try call.spendItem() }
            if !passIDs.isEmpty {
                try call.execution.call("passes.releaseFromLocker(") {
                    try passes.releaseFromLocker(holder: holder, ids: passIDs, to: to, operation: operation)
                }
            }
            if !collectibleIDs.isEmpty {
                try call.execution.call("collectibles.releaseFromLocker(") {
                    try collectibles.releaseFromLocker(
                        holder: holder, ids: collectibleIDs, to: to, operation: operation)
                }
            }
        },
    ]

    static let collectibleRecipes = [
        Recipe("create_collectibles", cost: .init(8, 3.97), flip370: .init(49.2, 19.1)) { call in
            let collectibles = try call.collectibleOperator()
            let columns = (1...7).map(call.strings)
            let names = [
                "ids[i]", "passIDs[i]", "brandIDs[i]", "activations[i]", "names[i]", "descriptions[i]", "images[i]",
            ]
            let (operations, supplies) = (call.strings(0), call.optionalUInt64s(8))
            for i in columns[0].indices {
                try call.spendItem()
                let row = try zip(columns, names).map { try call.element($0, i, $1) }
                let collectible = NovaCollectibleContract.Registration(
                    id: row[0], passID: row[1], brandID: row[2], activation: row[3], name: row[4],
                    maxSupply: try call.element(supplies, i, "maxSupplies[i]"))
                let operation = try call.element(operations, i, "operations[i]")
                try call.execution.call("operator.createCollectible(") {
                    try collectibles.createCollectible(collectible, operation: operation)
                }
            }
        },
        Recipe("drop_collectibles", cost: .init(13.4, 9.55, locker: 1.5), flip370: .init(100, 32.2, locker: 5.1)) {
            call in
            let collectibles = try call.collectibleOperator()
            let (operations, ids, drops) = (call.strings(0), call.strings(1), call.strings(2))
            let (recipients, holders) = (call.optionalAddresses(3), call.optionalStrings(4))
            for (i, operation) in operations.enumerated() {
                let id = try call.element(ids, i, "collectibleIDs[i]")
                let drop = try call.element(drops, i, "dropIDs[i]")
                let to = try call.element(recipients, i, "recipients[i]")
                try call.spendItem(toLocker: collectibles.receiver(to) == nil)
                let holder = try call.element(holders, i, "holders[i]")
                try call.execution.call("operator.drop(") {
                    try collectibles.drop(collectibleID: id, dropID: drop, to: to, holder: holder, operation: operation)
                }
            }
        },
    ]
}
