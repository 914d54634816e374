import Cadence
import FlowClient

/// Cadence's account API: keys, contracts, capabilities, with the core events that they emit.
struct AccountContract {
    let execution: Execution

    /// Creates an account with a vault of its own, for which the payer pays the minimum balance.
    func create(payer: Address) throws -> Address {
        guard let generator = AddressGenerator(chain: .emulator),
            let address = generator.address(at: execution.state.accountCount + 1)
        else { throw ExecutionFailure(1203, "no address is left") }
        execution.state.accountCount += 1
        execution.state.accounts[address] = AccountState()

        let flow = FlowTokenContract(execution: execution)
        var paid = try flow.withdraw(AccountState.minimumBalance, from: payer)
        let reserve = try flow.withdraw(AccountState.minimumBalance, from: &paid)
        try flow.deposit(paid, to: CoreContracts.flowFees.address)
        try execution.emit("TokensDeposited", of: CoreContracts.flowFees, .ufix64("amount", paid.balance))

        let vault = execution.makeUUID()
        execution.state.accounts[address]?.vaultUUID = vault
        for path in ["flowTokenReceiver", "flowTokenBalance"] {
            try publish(
                issue(TypeValues.reference(TypeValues.flowVault), target: "flowTokenVault", in: address), at: path,
                in: address)
        }
        try flow.deposit(reserve, to: address)
        try execution.emit(core: "AccountCreated", .address("address", address))
        execution.touched.insert(payer)
        return address
    }

    func addKey(_ key: AccountKey, to address: Address) throws {
        let index = execution.state.addKey(key, to: address)
        execution.touched.insert(address)
        let publicKey = CadenceComposite(
            .structure, "PublicKey",
            fields: [
                CadenceField("publicKey", .array(CadenceArray(key.publicKey.map { .uint8($0) }, type: Self.byteArray))),
                CadenceField(
                    "signatureAlgorithm", Self.enumeration("SignatureAlgorithm", KeyAlgorithms.cadence(signature: key))),
            ], fieldTypes: [Self.byteArray, Self.enumerationType("SignatureAlgorithm")])
        try execution.emit(
            core: "AccountKeyAdded", .address("address", address),
            EventField("publicKey", .composite(publicKey), Self.publicKeyType),
            .ufix64("weight", UInt64(key.weight) * 100_000_000),
            EventField(
                "hashAlgorithm", Self.enumeration("HashAlgorithm", KeyAlgorithms.cadence(hash: key)),
                Self.enumerationType("HashAlgorithm")),
            EventField("keyIndex", .int(BigInt(index.rawValue)), .simple("Int")))
    }

    /// Whether there is such a key. Revoking it again changes nothing and says nothing.
    func revokeKey(_ index: Int64, of address: Address) throws -> Bool {
        guard let small = UInt32(exactly: index) else { return false }
        let slot = KeySlot(address: address, index: KeyIndex(small))
        guard let key = execution.state.keys[slot] else { return false }
        guard !key.revoked else { return true }
        execution.state.keys[slot]?.revoked = true
        try execution.emit(
            core: "AccountKeyRemoved", .address("address", address),
            EventField("publicKey", .int(BigInt(index)), .simple("Int")))
        return true
    }

    /// A capability for what is stored at a path.
    func issue(_ borrowType: CadenceType, target: String, in address: Address) throws -> IssuedCapability {
        let issued = execution.state.accounts[address]?.issued ?? []
        let capability = IssuedCapability(id: UInt64(issued.count) + 1, target: target, borrowType: borrowType)
        execution.state.accounts[address]?.issued = issued + [capability]
        execution.touched.insert(address)
        try execution.emit(
            core: "StorageCapabilityControllerIssued", .uint64("id", capability.id), .address("address", address),
            .type("type", borrowType),
            EventField("path", .path(CadencePath(.storage, target)), .simple("StoragePath")))
        return capability
    }

    func publish(_ capability: IssuedCapability, at path: String, in address: Address) throws {
        execution.state.accounts[address]?.published[path] = capability
        let value = CadenceCapability(id: capability.id, address: address, borrowType: capability.borrowType)
        try execution.emit(
            core: "CapabilityPublished", .address("address", address),
            EventField("path", .path(CadencePath(.public, path)), .simple("PublicPath")),
            EventField("capability", .capability(value), .capability(nil)))
    }

    func unpublish(at path: String, in address: Address) throws {
        guard execution.state.accounts[address]?.published[path] != nil else { return }
        execution.state.accounts[address]?.published[path] = nil
        try execution.emit(
            core: "CapabilityUnpublished", .address("address", address),
            EventField("path", .path(CadencePath(.public, path)), .simple("PublicPath")))
    }

    private static let byteArray = CadenceType.variableSizedArray(.simple("UInt8"))

    private static func enumerationType(_ name: String) -> CadenceType {
        .nominal(
            CadenceNominalType(
                .enumeration, name, fields: [.init("rawValue", .simple("UInt8"))], rawOrBaseType: .simple("UInt8")))
    }

    private static func enumeration(_ name: String, _ rawValue: UInt8) -> CadenceValue {
        .composite(
            CadenceComposite(
                .enumeration, name, fields: [CadenceField("rawValue", .uint8(rawValue))],
                fieldTypes: [.simple("UInt8")]))
    }

    private static let publicKeyType = CadenceType.nominal(
        CadenceNominalType(
            .structure, "PublicKey",
            fields: [.init("publicKey", byteArray), .init("signatureAlgorithm", enumerationType("SignatureAlgorithm"))])
    )
}

/// The codes of key algorithms: those of the Access API and those of Cadence's enums are not the same.
enum KeyAlgorithms {
    /// Cadence: 1 P-256, 2 secp256k1. Access API: 2 P-256, 3 secp256k1.
    static func proto(signature cadence: UInt8) -> UInt32? { [1: 2, 2: 3][cadence] }
    /// Both: 1 SHA2-256, 3 SHA3-256. Others can't be hashed with here, nor by keys of accounts.
    static func proto(hash cadence: UInt8) -> UInt32? { [1: 1, 3: 3][cadence] }
    static func cadence(signature key: AccountKey) -> UInt8 { key.signatureAlgorithmCode == 2 ? 1 : 2 }
    static func cadence(hash key: AccountKey) -> UInt8 { UInt8(truncatingIfNeeded: key.hashAlgorithmCode) }
}
