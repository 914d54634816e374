import Cadence
import FlowClient

/// Types as values: what events say of tokens, vaults and capabilities. Fields as the contracts declare them.
enum TypeValues {
    static let uuid = CadenceNominalType.Field("uuid", .simple("UInt64"))

    static func reference(_ type: CadenceType) -> CadenceType { .reference(.unauthorized, type) }

    static let flowVault = CadenceType.nominal(
        CadenceNominalType(
            .resource, CoreContracts.flowToken.typeID("Vault"), fields: [uuid, .init("balance", .simple("UFix64"))]))

    static let anyNFT = interface(CoreContracts.nonFungibleToken.typeID("NFT"), [uuid, .init("id", .simple("UInt64"))])
    private static let ownedNFTs = CadenceNominalType.Field(
        "ownedNFTs", .dictionary(key: .simple("UInt64"), value: .intersection([anyNFT])))

    /// `auth(NonFungibleToken.Withdraw) &{NonFungibleToken.Collection}`: what a listing takes its token with.
    static let provider = CadenceType.reference(
        .conjunction([CoreContracts.nonFungibleToken.typeID("Withdraw")]),
        .intersection([interface(CoreContracts.nonFungibleToken.typeID("Collection"), [uuid, ownedNFTs])]))

    static func collection(of contract: ContractLocation) -> CadenceType {
        .nominal(CadenceNominalType(.resource, contract.typeID("Collection"), fields: [uuid, ownedNFTs]))
    }

    static func storefrontPublic(of contract: ContractLocation) -> CadenceType {
        .intersection([interface(contract.typeID("StorefrontPublic"), [uuid])])
    }

    static func token(of contract: ContractLocation) -> CadenceType {
        var fields = [uuid, .init("id", .simple("UInt64"))]
        fields +=
            contract.name == "NovaPass"
            ? [.init("passID", .simple("String")), .init("releaseID", .simple("String"))]
            : [.init("collectibleID", .simple("String"))]
        fields.append(.init("serial", .simple("UInt64")))
        return .nominal(CadenceNominalType(.resource, contract.typeID("NFT"), fields: fields))
    }

    private static func interface(_ typeID: String, _ fields: [CadenceNominalType.Field]) -> CadenceType {
        .nominal(CadenceNominalType(.resourceInterface, typeID, fields: fields))
    }
}
