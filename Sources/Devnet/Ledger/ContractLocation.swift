import Cadence
import FlowClient

/// A contract: the account that it is deployed to, and its name.
struct ContractLocation: Hashable, Sendable {
    var address: Address
    var name: String

    init(_ address: Address, _ name: String) {
        self.address = address
        self.name = name
    }

    /// The id of a type that the contract declares, such as `A.179b6b1cb6755e31.NovaPass.NFT`.
    func typeID(_ type: String) -> String { "A.\(address.hex).\(name).\(type)" }
    /// As error reports name it.
    var place: String { "\(address.hex).\(name)" }
}

/// Where the chain's own contracts live from its first block on, as on the emulator (onflow/flow-go:fvm/systemcontracts).
enum CoreContracts {
    static let serviceAddress = Address(rawValue: 0xf8d6_e058_6b0a_20c7)
    static let fungibleToken = ContractLocation(Address(rawValue: 0xee82_856b_f20e_2aa6), "FungibleToken")
    static let flowToken = ContractLocation(Address(rawValue: 0x0ae5_3cb6_e3f4_2a79), "FlowToken")
    static let flowFees = ContractLocation(Address(rawValue: 0xe5a8_b7f2_3e8b_548f), "FlowFees")
    static let nonFungibleToken = ContractLocation(serviceAddress, "NonFungibleToken")
    static let evm = ContractLocation(serviceAddress, "EVM")

    /// What may be imported without having been deployed. NFTStorefrontV2 is there too, as on the emulator, whose
    /// deployment of it is an update.
    static let names: [Address: Set<String>] = [
        serviceAddress: [
            "NonFungibleToken", "ViewResolver", "MetadataViews", "CrossVMMetadataViews", "Burner", "Crypto", "EVM",
            "FlowServiceAccount", "FlowStorageFees", "RandomBeaconHistory", "FlowTransactionScheduler",
            "NFTStorefrontV2",
        ],
        fungibleToken.address: ["FungibleToken", "FungibleTokenMetadataViews", "FungibleTokenSwitchboard"],
        flowToken.address: ["FlowToken"],
        flowFees.address: ["FlowFees"],
    ]
}
