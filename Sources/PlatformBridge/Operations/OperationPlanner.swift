import Cadence
package import Encoding
package import FlowClient
import HTTP
package import Submitter

/// What an operation's payload comes to on chain: one item for each thing that a contract will say yes or no to.
/// Pure: the payload and the chain in, items or violations out.
package struct OperationPlanner: Sendable {
    package var chain: ChainID

    /// One call may bring this many rows; more are several operations.
    package static let maximumRows = 100_000
    /// Listings of a release without an end expire when computers that count seconds in 32 bits do.
    static let farFuture: UInt64 = 4_102_444_800  // 2100-01-01, in Unix seconds

    package init(chain: ChainID) { self.chain = chain }

    package enum Plan: Sendable {
        case items([NewItem])
        case invalid([Violation])
        /// What there is to do is looked up when its time has come: see `Sweeper`.
        case sweep(Sweep)
    }

    package func plan(_ type: OperationType, payload: JSON) -> Plan {
        var reader = PayloadReader(payload, path: "payload")
        if let sweep = Sweep(type, &reader, on: chain) {
            reader.finish()
            return reader.violations.isEmpty ? .sweep(sweep) : .invalid(reader.violations)
        }
        let items: [NewItem]
        switch type {
        case .createBrand: items = createBrand(&reader)
        case .createPass: items = createPass(&reader)
        case .scheduleRelease: items = scheduleRelease(&reader)
        case .createCollectible: items = createCollectible(&reader)
        case .drop: items = rows(&reader, name: "collectible_id", ItemContent.dropCollectible)
        case .airdropPass: items = rows(&reader, name: "release_id", ItemContent.airdropPass)
        case .claimToken: items = claimToken(&reader)
        case .createSubmission: items = createSubmission(&reader)
        case .settlePurchase: items = settlePurchase(&reader)
        case .removeListing: items = removeListing(&reader)
        case .settleLinkedWallet: items = settleLinkedWallet(&reader)
        case .airdropCollectible, .signupReminder: items = []
        }
        reader.finish()
        return reader.violations.isEmpty ? .items(items) : .invalid(reader.violations)
    }

    private func createBrand(_ reader: inout PayloadReader) -> [NewItem] {
        [NewItem(.createBrand(id: reader.shortUUID("brand_id"), name: reader.text("name")))]
    }

    private func createPass(_ reader: inout PayloadReader) -> [NewItem] {
        [
            NewItem(
                .createPass(
                    id: reader.shortUUID("pass_id"), brandID: reader.shortUUID("brand_id"), name: reader.text("name"),
                    description: reader.optionalText("description", maximumLength: 5000) ?? "",
                    image: reader.optionalText("image", maximumLength: 2000) ?? "",
                    maxSupply: reader.optionalWhole("max_supply", in: 1...UInt64.max)))
        ]
    }

    /// The release, then each of its tokens: minted and listed when the release has been executed.
    private func scheduleRelease(_ reader: inout PayloadReader) -> [NewItem] {
        let release = reader.shortUUID("release_id")
        let pass = reader.shortUUID("pass_id")
        let supply = reader.whole("supply", in: 1...UInt64(Self.maximumRows))
        let mint = reader.optionalWhole("mint", in: 0...UInt64(Self.maximumRows)) ?? supply
        if mint > supply { reader.reject("mint", "must not be more than supply") }
        let price = reader.ufix64("price")
        let startsAt = reader.time("starts_at")
        let endsAt = reader.optionalTime("ends_at")
        if let endsAt, endsAt <= startsAt { reader.reject("ends_at", "must be after starts_at") }
        guard reader.violations.isEmpty else { return [] }

        let expiry = endsAt.map { $0 / 1000 } ?? Self.farFuture
        let scheduled = NewItem(
            .scheduleRelease(
                id: release, passID: pass, supply: supply, price: price, startsAt: startsAt, endsAt: endsAt))
        let mints = (0..<Int(mint)).map { number in
            NewItem(.mintToken(releaseID: release, number: number, expiry: expiry), dependsOn: [0])
        }
        return [scheduled] + mints
    }

    private func createCollectible(_ reader: inout PayloadReader) -> [NewItem] {
        [
            NewItem(
                .createCollectible(
                    id: reader.shortUUID("collectible_id"), passID: reader.shortUUID("pass_id"),
                    brandID: reader.shortUUID("brand_id"), activation: reader.text("activation", maximumLength: 100),
                    name: reader.text("name"),
                    description: reader.optionalText("description", maximumLength: 5000) ?? "",
                    image: reader.optionalText("image", maximumLength: 2000) ?? "",
                    maxSupply: reader.optionalWhole("max_supply", in: 1...UInt64.max)))
        ]
    }

    /// Rows of an airdrop or a drop: each goes to an address, or to a holder's locker where there is none that can take it.
    private func rows(
        _ reader: inout PayloadReader, name: String,
        _ content: (String, String, Address?, String?) -> ItemContent
    ) -> [NewItem] {
        let what = reader.shortUUID(name)
        var items: [NewItem] = []
        var seen: Set<String> = []
        reader.each("recipients", maximumCount: Self.maximumRows) { element, path in
            var row = PayloadReader(element, path: path)
            let dropID = row.key("drop_id")
            let (address, holder) = row.recipient(on: chain)
            if row.violations.isEmpty, !seen.insert(dropID).inserted {
                row.reject("drop_id", "comes twice: a row is dropped once")
            }
            row.finish()
            items.append(NewItem(content(what, dropID, address, holder)))
            return row.violations
        }
        return items
    }

    private func claimToken(_ reader: inout PayloadReader) -> [NewItem] {
        var items: [NewItem] = []
        var seen: Set<UInt64> = []
        reader.each("tokens", maximumCount: Self.maximumRows) { element, path in
            var row = PayloadReader(element, path: path)
            let id = row.whole("token_id", in: 0...UInt64.max)
            let pass = row.shortUUID("pass_id")
            if row.violations.isEmpty, !seen.insert(id).inserted { row.reject("token_id", "comes twice") }
            row.finish()
            items.append(NewItem(.claimToken(id: id, passID: pass)))
            return row.violations
        }
        return items
    }

    private func createSubmission(_ reader: inout PayloadReader) -> [NewItem] {
        [
            NewItem(
                .createSubmission(
                    id: reader.shortUUID("submission_id"), campaignID: reader.key("campaign_id"),
                    brandID: reader.shortUUID("brand_id"), submitter: reader.key("submitter"),
                    contentHash: reader.key("content_hash")))
        ]
    }

    private func settlePurchase(_ reader: inout PayloadReader) -> [NewItem] {
        var items: [NewItem] = []
        var seen: Set<UInt64> = []
        reader.each("purchases", maximumCount: Self.maximumRows) { element, path in
            var row = PayloadReader(element, path: path)
            let id = row.whole("token_id", in: 0...UInt64.max)
            let (address, holder) = row.recipient(on: chain)
            if row.violations.isEmpty, !seen.insert(id).inserted { row.reject("token_id", "comes twice") }
            row.finish()
            items.append(NewItem(.deliverPurchase(id: id, recipient: address, holder: holder)))
            return row.violations
        }
        return items
    }

    private func removeListing(_ reader: inout PayloadReader) -> [NewItem] {
        wholeNumbers(&reader, "listing_ids").map { NewItem(.removeListing(id: $0)) }
    }

    private func settleLinkedWallet(_ reader: inout PayloadReader) -> [NewItem] {
        let holder = reader.key("holder")
        let address = reader.address("address", on: chain)
        let passes = wholeNumbers(&reader, "pass_token_ids", required: false)
        let collectibles = wholeNumbers(&reader, "collectible_token_ids", required: false)
        if reader.violations.isEmpty, passes.isEmpty, collectibles.isEmpty {
            reader.reject("pass_token_ids", "or collectible_token_ids is required")
        }
        return passes.map { NewItem(.settlePass(id: $0, holder: holder, to: address)) }
            + collectibles.map { NewItem(.settleCollectible(id: $0, holder: holder, to: address)) }
    }

    private func wholeNumbers(_ reader: inout PayloadReader, _ name: String, required: Bool = true) -> [UInt64] {
        guard required || reader.has(name) else {
            reader.knows(name)
            return []
        }
        var numbers: [UInt64] = []
        reader.each(name, maximumCount: Self.maximumRows) { element, path in
            var row = PayloadReader(["id": element], path: path)
            numbers.append(row.whole("id", in: 0...UInt64.max))
            return row.violations.map { Violation(path, $0.rule) }
        }
        return numbers
    }
}
