package import FlowClient

/// One thing that the index follows, with the coverage of its own: from which height on everything of it is known.
package struct Track: Hashable, Sendable {
    /// A token's or vault's type id, a contract's id, or `linked accounts`.
    package var name: String
    /// What is read of it, and how: another fingerprint is another track, whose past is not known.
    package var fingerprint: String
    /// The event types that tell of it.
    package var eventTypes: [String]
    /// Nothing of it came before this height.
    package var since: BlockHeight?

    package static let linkedAccounts = "linked accounts"
}

extension TrackedContracts {
    /// By name.
    package var tracks: [Track] {
        var all: [Track] = []
        let kinds = eventKinds
        for nft in nfts {
            // A listing is of a token of that type; its storefront is no track.
            let types = kinds.compactMap { type, kind -> String? in
                switch kind {
                case .deposited, .withdrawn: nft.events == .standard ? type : nil
                case .ownDeposit(nft.type, _), .ownWithdraw(nft.type, _), .ownBurn(nft.type, _): type
                case .destroyed(nft.type), .destroyedUnderInterface: type
                case .listingAvailable, .listingCompleted, .listingDestroyed: type
                case .platform(let contract, _): contract == nft.contract ? type : nil
                case .contractChanged: type
                default: nil
                }
            }
            var track = Track(nft.type, types, since: nft.since)
            if case .own(let names) = nft.events { track.fingerprint += " \(names.id) \(names.from) \(names.to)" }
            all.append(track)
        }
        for (contract, names) in platformEvents where contract.hasSuffix(".NovaBrand") {
            all.append(Track(contract, names.map { "\(contract).\($0.rawValue)" }))
        }
        let vaultTypes = kinds.filter { [.vaultDeposited, .vaultWithdrawn, .vaultBurned].contains($0.value) }.map(\.key)
        for vault in vaults { all.append(Track(vault, vaultTypes)) }
        let links = kinds.filter { $0.value == .accountLinked }.map(\.key)
        if !links.isEmpty { all.append(Track(Track.linkedAccounts, links)) }
        return all.sorted { $0.name < $1.name }
    }
}

extension Track {
    fileprivate init(_ name: String, _ eventTypes: [String], since: BlockHeight? = nil) {
        self.init(
            name: name, fingerprint: eventTypes.sorted().joined(separator: " "), eventTypes: eventTypes.sorted(),
            since: since)
    }
}
