import Cadence
package import FlowClient

/// Reads the events of the tracked contracts, by type id and by field name: fields may be added to a contract's events
/// without harm, and what is not tracked is passed over. What is tracked and can't be read is an error, for an owner that
/// is not known to be wrong is worse than a stop.
package struct EventReader: Sendable {
    package let contracts: TrackedContracts
    let kinds: [String: EventKind]
    let tokenTypes: Set<String>
    /// Those that the interface's events tell of.
    private let standardTypes: Set<String>
    private let vaultTypes: Set<String>
    /// Contracts whose code is watched.
    private let watched: Set<String>
    /// Where Cadence 1.0 began: what was emitted below has the forms of its time, for ever.
    let cadence1: BlockHeight

    package init(_ contracts: TrackedContracts, cadence1: BlockHeight = 0) {
        self.contracts = contracts
        self.cadence1 = cadence1
        kinds = contracts.eventKinds
        tokenTypes = Set(contracts.tokenTypes)
        standardTypes = Set(contracts.nfts.filter { $0.events == .standard }.map(\.type))
        vaultTypes = Set(contracts.vaults)
        // Of every event: its contract's id. The interfaces' are among them.
        watched = Set(
            kinds.keys.map(TypeID.contract(of:)).filter { $0.hasPrefix("A.") }
        )
    }

    /// The same, of some tracks alone.
    init(_ reader: EventReader, narrowedTo tracks: [Track]) {
        self.init(reader.contracts.narrowed(to: Set(tracks.map(\.name))), cadence1: reader.cadence1)
    }

    /// Whether events of this type are kept and read.
    package func tracks(_ type: String) -> Bool { kinds[type] != nil }

    /// Nil where the event is not tracked, or is about a token that is not.
    package func read(_ event: Event, at height: BlockHeight) throws -> ReadEvent? {
        guard let kind = kinds[event.type] else { return nil }
        let position = EventPosition(
            height: height, transactionIndex: event.transactionIndex, eventIndex: event.eventIndex)
        let fields: EventFields
        do {
            fields = try EventFields(
                event.payload, expecting: event.type, forms: height < cadence1 ? .historic : .current)
            guard let said = try read(kind, fields) else { return nil }
            return ReadEvent(
                position: position, transactionID: event.transactionID, facts: said.facts, mention: said.mention)
        } catch {
            throw IndexerError(.undecodable, "event \(event.type) at \(position)", height: height, cause: error)
        }
    }

    private typealias Said = (facts: [ChainFact], mention: OperationMention?)

    private func read(_ kind: EventKind, _ fields: EventFields) throws -> Said? {
        switch kind {
        case .deposited:
            guard let token = try standardToken(fields) else { return nil }
            return (
                [
                    .deposited(
                        token, uuid: try fields.uint64("uuid"), to: try fields.optionalAddress("to"),
                        collection: try fields.uint64("collectionUUID"))
                ], nil
            )
        case .withdrawn:
            guard let token = try standardToken(fields) else { return nil }
            return (
                [
                    .withdrawn(
                        token, uuid: try fields.uint64("uuid"), from: try fields.optionalAddress("from"),
                        collection: try fields.uint64("providerUUID"))
                ], nil
            )
        case .ownDeposit(let type, let names):
            let token = TokenKey(type: type, id: try fields.unsigned(names.id))
            return ([.deposited(token, uuid: nil, to: try fields.anyAddress(names.to), collection: nil)], nil)
        case .ownWithdraw(let type, let names):
            let token = TokenKey(type: type, id: try fields.unsigned(names.id))
            return ([.withdrawn(token, uuid: nil, from: try fields.anyAddress(names.from), collection: nil)], nil)
        case .ownBurn(let type, let names):
            return ([.destroyed(TokenKey(type: type, id: try fields.unsigned(names.id)))], nil)
        case .destroyed(let type):
            // A contract chooses what its event tells: where it is not the id, the interface's event has the uuid.
            if fields.has("id") { return ([.destroyed(TokenKey(type: type, id: try fields.unsigned("id")))], nil) }
            return fields.has("uuid") ? ([.destroyedSomewhere(uuid: try fields.uint64("uuid"))], nil) : nil
        case .destroyedUnderInterface:
            return ([.destroyedSomewhere(uuid: try fields.uint64("uuid"))], nil)
        case .listingAvailable:
            return try listing(fields).map { ([.listed($0)], nil) }
        case .listingCompleted:
            guard tokenTypes.contains(try fields.typeID("nftType")) else { return nil }
            let id = try fields.uint64("listingResourceID")
            return ([.listingCompleted(id, purchased: try fields.bool("purchased"))], nil)
        case .listingDestroyed:
            // Here the type is a string, while ListingAvailable and ListingCompleted have a type value.
            guard tokenTypes.contains(try fields.typeID("nftType")) else { return nil }
            let id = try fields.uint64("listingResourceID")
            return ([.listingRemoved(id, purchased: try fields.bool("purchased"))], nil)
        case .platform(let contract, let name):
            return try platform(String(contract.split(separator: ".").last ?? ""), name, fields)
        case .vaultDeposited: return try vaultMove(fields, isDeposit: true)
        case .vaultWithdrawn: return try vaultMove(fields, isDeposit: false)
        case .vaultBurned:
            let type = try fields.string("type")
            guard vaultTypes.contains(type) else { return nil }
            return ([.vaultBurned(vault: try fields.uint64("fromUUID"), type: type)], nil)
        case .accountLinked:
            guard let parent = try fields.anyAddress("parent") else { return nil }
            let child = try fields.address("child")
            return ([.linked(child: child, parent: parent, isActive: try fields.bool("active"))], nil)
        case .contractChanged(let kind):
            let contract = "A.\(try fields.address("address").hex).\(try fields.string("contract"))"
            guard watched.contains(contract) else { return nil }
            let change = ContractChange(kind: kind, contract: contract, codeHash: try fields.bytes("codeHash"))
            return ([.contractChanged(change)], nil)
        }
    }

    private func vaultMove(_ fields: EventFields, isDeposit: Bool) throws -> Said? {
        let type = try fields.string("type")
        guard vaultTypes.contains(type) else { return nil }
        let move = ChainFact.VaultMove(
            vault: try fields.uint64(isDeposit ? "toUUID" : "fromUUID"), type: type,
            account: try fields.optionalAddress(isDeposit ? "to" : "from"), amount: try fields.ufix64("amount"),
            isDeposit: isDeposit, balanceAfter: try fields.ufix64("balanceAfter"))
        return ([.vaultMoved(move)], nil)
    }

    private func standardToken(_ fields: EventFields) throws -> TokenKey? {
        let type = try fields.string("type")
        guard standardTypes.contains(type) else { return nil }
        return TokenKey(type: type, id: try fields.uint64("id"))
    }

    private func listing(_ fields: EventFields) throws -> ChainFact.Listing? {
        let type = try fields.typeID("nftType")
        guard tokenTypes.contains(type) else { return nil }
        return ChainFact.Listing(
            id: try fields.uint64("listingResourceID"), storefront: try fields.address("storefrontAddress"),
            token: TokenKey(type: type, id: try fields.uint64("nftID")), price: try fields.ufix64("salePrice"),
            paymentType: try fields.typeID("salePaymentVaultType"), customID: try fields.optionalString("customID"),
            expiry: try fields.uint64("expiry"))
    }

    private func platform(_ contract: String, _ name: PlatformEvent, _ fields: EventFields) throws -> Said {
        let type = contract == "NovaCollectible" ? contracts.collectibleType ?? "" : contracts.passType ?? ""
        var mention = OperationMention(
            operation: try fields.string("operation"), contract: contract, kind: name, item: "")
        var facts: [ChainFact] = []
        func token() throws -> TokenKey {
            let token = TokenKey(type: type, id: try fields.uint64("id"))
            mention.token = token
            mention.item = String(token.id)
            return token
        }

        switch name {
        case .brandCreated, .brandStatusChanged: mention.item = try fields.string("brandID")
        case .submissionCreated: mention.item = try fields.string("submissionID")
        case .passCreated: mention.item = try fields.string("passID")
        case .releaseScheduled: mention.item = try fields.string("releaseID")
        case .collectibleCreated: mention.item = try fields.string("collectibleID")
        case .rejected:
            mention.item = try fields.string("item")
            mention.reason = try fields.string("reason")
        case .minted:
            mention.serial = try fields.uint64("serial")
            facts.append(
                .minted(
                    ChainFact.Mint(
                        token: try token(), group: try fields.string("passID"), release: try fields.string("releaseID"),
                        serial: try fields.uint64("serial"))))
        case .dropped:
            let token = try token()
            mention.item = try fields.string("dropID")
            mention.serial = try fields.uint64("serial")
            mention.to = try fields.optionalAddress("to")
            mention.holder = try fields.optionalString("holder")
            facts.append(
                .minted(
                    ChainFact.Mint(
                        token: token, group: try fields.string("collectibleID"), release: nil,
                        serial: try fields.uint64("serial"))))
            if let holder = mention.holder { facts.append(.held(token, holder: holder)) }
        case .delivered:
            mention.to = try fields.address("to")
            _ = try token()
        case .held:
            let holder = try fields.string("holder")
            mention.holder = holder
            facts.append(.held(try token(), holder: holder))
        case .released:
            mention.to = try fields.address("to")
            mention.holder = try fields.string("holder")
            _ = try token()
        case .claimed:
            facts.append(
                .claimed(try token(), group: try fields.string("passID"), operation: mention.operation))
        }
        return (facts, mention)
    }
}
