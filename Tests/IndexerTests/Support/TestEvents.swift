import Cadence
import FlowClient

@testable import Indexer

/// Addresses of a made-up deployment, and events as its contracts emit them.
enum Nova {
    static let platform = Address(rawValue: 0x179b_6b1c_b675_5e31)
    static let service = Address(rawValue: 0xf8d6_e058_6b0a_20c7)
    static let contracts = TrackedContracts(
        nonFungibleToken: service, storefront: service, brand: platform, pass: platform, collectible: platform,
        others: [NFTTrack(type: kitty), NFTTrack(type: moment, events: .own(.init(burn: "MomentDestroyed")))],
        fungibleToken: service, vaults: [flow], hybridCustody: service)
    static let pass = contracts.passType!
    static let collectible = contracts.collectibleType!
    static let kitty = "A.00000000000000aa.Kitties.NFT"
    /// Of a contract of before Cadence 1.0, with events of its own.
    static let moment = "A.00000000000000cc.Moments.NFT"
    static let flow = "A.\(service.hex).FlowToken.Vault"
    /// A collection of kitties that is carried from account to account.
    static let roamingCollection: UInt64 = 9_999
    static let treasuryCollection: UInt64 = 7_000

    static func pass(_ id: UInt64) -> TokenKey { TokenKey(type: pass, id: id) }
    static func collectible(_ id: UInt64) -> TokenKey { TokenKey(type: collectible, id: id) }
    static func wallet(_ number: UInt64) -> Address { Address(rawValue: 0x1000 + number) }
    /// A wallet's collection of a type.
    static func collection(_ owner: Address, _ type: String) -> UInt64 {
        owner.rawValue * 10 + (type == pass ? 1 : 2)
    }
}

struct TestEvent {
    var type: String
    var fields: [CadenceField]

    init(_ type: String, _ fields: [(String, CadenceValue)]) {
        self.type = type
        self.fields = fields.map { CadenceField($0.0, $0.1) }
    }

    var payload: [UInt8] { JSONCDC.encode(.composite(CadenceComposite(.event, type, fields: fields))) }

    func event(_ transaction: TransactionID, _ transactionIndex: UInt32, _ eventIndex: UInt32) -> Event {
        var event = Event()
        event.type = type
        event.transactionID = transaction
        event.transactionIndex = transactionIndex
        event.eventIndex = eventIndex
        event.payload = payload
        return event
    }
}

extension TestEvent {
    private static let nft = "A.\(Nova.service.hex).NonFungibleToken"
    private static let storefront = "A.\(Nova.service.hex).NFTStorefrontV2"
    private static func nova(_ name: String) -> String { "A.\(Nova.platform.hex).\(name)" }
    private static func text(_ value: String?) -> CadenceValue { .optional(value.map { .string($0) }) }
    private static func address(_ value: Address?) -> CadenceValue { .optional(value.map { .address($0) }) }
    private static func type(_ id: String) -> CadenceValue {
        .type(.nominal(CadenceNominalType(.resource, id, fields: [.init("uuid", .simple("UInt64"))])))
    }

    static func deposited(_ token: TokenKey, to: Address?, collection: UInt64) -> TestEvent {
        TestEvent(
            nft + ".Deposited",
            [
                ("type", .string(token.type)), ("id", .uint64(token.id)), ("uuid", .uint64(token.id)),
                ("to", address(to)), ("collectionUUID", .uint64(collection)),
            ])
    }

    static func ownDeposit(_ id: UInt64, to: Address?) -> TestEvent {
        TestEvent("A.00000000000000cc.Moments.Deposit", [("id", .uint64(id)), ("to", address(to))])
    }

    static func ownWithdraw(_ id: UInt64, from: Address?) -> TestEvent {
        TestEvent("A.00000000000000cc.Moments.Withdraw", [("id", .uint64(id)), ("from", address(from))])
    }

    static func ownBurn(_ id: UInt64) -> TestEvent {
        TestEvent("A.00000000000000cc.Moments.MomentDestroyed", [("id", .uint64(id))])
    }

    private static let ft = "A.\(Nova.service.hex).FungibleToken"

    static func vaultDeposited(
        _ vault: UInt64, to: Address?, amount: UInt64, after: UInt64, type: String = Nova.flow
    ) -> TestEvent {
        TestEvent(
            ft + ".Deposited",
            [
                ("type", .string(type)), ("amount", .ufix64(amount)), ("to", address(to)), ("toUUID", .uint64(vault)),
                ("depositedUUID", .uint64(1)), ("balanceAfter", .ufix64(after)),
            ])
    }

    static func vaultWithdrawn(_ vault: UInt64, from: Address?, amount: UInt64, after: UInt64) -> TestEvent {
        TestEvent(
            ft + ".Withdrawn",
            [
                ("type", .string(Nova.flow)), ("amount", .ufix64(amount)), ("from", address(from)),
                ("fromUUID", .uint64(vault)), ("withdrawnUUID", .uint64(1)), ("balanceAfter", .ufix64(after)),
            ])
    }

    static func vaultBurned(_ vault: UInt64) -> TestEvent {
        TestEvent(
            ft + ".Burned", [("type", .string(Nova.flow)), ("amount", .ufix64(1)), ("fromUUID", .uint64(vault))])
    }

    static func linked(_ child: Address, to parent: Address, active: Bool) -> TestEvent {
        TestEvent(
            "A.\(Nova.service.hex).HybridCustody.AccountUpdated",
            [
                ("id", .optional(.uint64(3))), ("child", .address(child)), ("parent", address(parent)),
                ("active", .bool(active)),
            ])
    }

    static func contractUpdated(_ account: Address, _ name: String) -> TestEvent {
        TestEvent(
            "flow.AccountContractUpdated",
            [
                ("address", .address(account)),
                ("codeHash", .array(CadenceArray([UInt8](repeating: 7, count: 32).map { .uint8($0) }))),
                ("contract", .string(name)),
            ])
    }

    static func withdrawn(_ token: TokenKey, from: Address?, collection: UInt64) -> TestEvent {
        TestEvent(
            nft + ".Withdrawn",
            [
                ("type", .string(token.type)), ("id", .uint64(token.id)), ("uuid", .uint64(token.id)),
                ("from", address(from)), ("providerUUID", .uint64(collection)),
            ])
    }

    static func destroyedUnderInterface(_ token: TokenKey) -> TestEvent {
        TestEvent(nft + ".NFT.ResourceDestroyed", [("id", .uint64(token.id)), ("uuid", .uint64(token.id))])
    }

    static func destroyed(_ token: TokenKey) -> TestEvent {
        TestEvent(
            token.type + ".ResourceDestroyed",
            [("id", .uint64(token.id)), ("passID", .string("p")), ("serial", .uint64(1))])
    }

    static func minted(_ id: UInt64, pass: String, release: String, serial: UInt64, _ operation: String) -> TestEvent {
        TestEvent(
            nova("NovaPass.Minted"),
            [
                ("id", .uint64(id)), ("passID", .string(pass)), ("releaseID", .string(release)),
                ("serial", .uint64(serial)), ("operation", .string(operation)),
            ])
    }

    static func delivered(_ id: UInt64, pass: String, to: Address, _ operation: String) -> TestEvent {
        TestEvent(
            nova("NovaPass.Delivered"),
            [
                ("id", .uint64(id)), ("passID", .string(pass)), ("to", .address(to)), ("operation", .string(operation)),
            ])
    }

    static func held(_ id: UInt64, pass: String, holder: String, _ operation: String) -> TestEvent {
        TestEvent(
            nova("NovaPass.Held"),
            [
                ("id", .uint64(id)), ("passID", .string(pass)), ("holder", .string(holder)),
                ("operation", .string(operation)),
            ])
    }

    static func released(_ token: TokenKey, group: String, holder: String, to: Address, _ operation: String)
        -> TestEvent
    {
        let isPass = token.type == Nova.pass
        return TestEvent(
            nova(isPass ? "NovaPass.Released" : "NovaCollectible.Released"),
            [
                ("id", .uint64(token.id)), (isPass ? "passID" : "collectibleID", .string(group)),
                ("holder", .string(holder)), ("to", .address(to)), ("operation", .string(operation)),
            ])
    }

    static func dropped(
        _ id: UInt64, collectible: String, serial: UInt64, drop: String, to: Address?, holder: String?,
        _ operation: String
    ) -> TestEvent {
        TestEvent(
            nova("NovaCollectible.Dropped"),
            [
                ("id", .uint64(id)), ("collectibleID", .string(collectible)), ("serial", .uint64(serial)),
                ("dropID", .string(drop)), ("to", address(to)), ("holder", text(holder)),
                ("operation", .string(operation)),
            ])
    }

    static func claimed(_ id: UInt64, pass: String, _ operation: String) -> TestEvent {
        TestEvent(
            nova("NovaPass.Claimed"),
            [("id", .uint64(id)), ("passID", .string(pass)), ("operation", .string(operation))])
    }

    static func rejected(_ contract: String, item: String, reason: String, _ operation: String) -> TestEvent {
        TestEvent(
            nova(contract + ".Rejected"),
            [("operation", .string(operation)), ("item", .string(item)), ("reason", .string(reason))])
    }

    static func listed(
        _ listing: UInt64, _ token: TokenKey, by seller: Address, price: UInt64 = 1_250_000_000,
        customID: String? = nil,
        expiry: UInt64 = 1_900_000_000
    ) -> TestEvent {
        TestEvent(
            storefront + ".ListingAvailable",
            [
                ("storefrontAddress", .address(seller)), ("listingResourceID", .uint64(listing)),
                ("nftType", type(token.type)), ("nftUUID", .uint64(token.id)), ("nftID", .uint64(token.id)),
                ("salePaymentVaultType", type("A.0ae53cb6e3f42a79.FlowToken.Vault")), ("salePrice", .ufix64(price)),
                ("customID", text(customID)), ("expiry", .uint64(expiry)),
            ])
    }

    static func listingCompleted(_ listing: UInt64, _ token: TokenKey, purchased: Bool) -> TestEvent {
        TestEvent(
            storefront + ".ListingCompleted",
            [
                ("listingResourceID", .uint64(listing)), ("purchased", .bool(purchased)), ("nftType", type(token.type)),
                ("nftID", .uint64(token.id)),
            ])
    }

    static func listingDestroyed(_ listing: UInt64, _ token: TokenKey, purchased: Bool) -> TestEvent {
        TestEvent(
            storefront + ".Listing.ResourceDestroyed",
            [
                ("listingResourceID", .uint64(listing)), ("purchased", .bool(purchased)),
                ("nftType", .string(token.type)), ("nftID", .uint64(token.id)),
            ])
    }
}
