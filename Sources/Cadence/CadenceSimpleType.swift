/// The types that are their name, and the numbers by which CCF knows them
/// (onflow/cadence:encoding/ccf/simpletype.go; 29–34, 36, 51, 100 and 102 are reserved).
enum CadenceSimpleType {
    static let numbers: [String: UInt64] = [
        "Bool": 0, "String": 1, "Character": 2, "Address": 3, "Int": 4, "Int8": 5, "Int16": 6, "Int32": 7, "Int64": 8,
        "Int128": 9, "Int256": 10, "UInt": 11, "UInt8": 12, "UInt16": 13, "UInt32": 14, "UInt64": 15, "UInt128": 16,
        "UInt256": 17, "Word8": 18, "Word16": 19, "Word32": 20, "Word64": 21, "Fix64": 22, "UFix64": 23, "Path": 24,
        "CapabilityPath": 25, "StoragePath": 26, "PublicPath": 27, "PrivatePath": 28, "DeployedContract": 35,
        "Block": 37,
        "Any": 38, "AnyStruct": 39, "AnyResource": 40, "Type": 41, "Never": 42, "Number": 43, "SignedNumber": 44,
        "Integer": 45, "SignedInteger": 46, "FixedPoint": 47, "SignedFixedPoint": 48, "Bytes": 49, "Void": 50,
        "Word128": 52, "Word256": 53, "AnyStructAttachment": 54, "AnyResourceAttachment": 55,
        "StorageCapabilityController": 56, "AccountCapabilityController": 57, "Account": 58, "Account.Contracts": 59,
        "Account.Keys": 60, "Account.Inbox": 61, "Account.StorageCapabilities": 62, "Account.AccountCapabilities": 63,
        "Account.Capabilities": 64, "Account.Storage": 65, "Mutate": 66, "Insert": 67, "Remove": 68, "Identity": 69,
        "Storage": 70, "SaveValue": 71, "LoadValue": 72, "CopyValue": 73, "BorrowValue": 74, "Contracts": 75,
        "AddContract": 76, "UpdateContract": 77, "RemoveContract": 78, "Keys": 79, "AddKey": 80, "RevokeKey": 81,
        "Inbox": 82, "PublishInboxCapability": 83, "UnpublishInboxCapability": 84, "ClaimInboxCapability": 85,
        "Capabilities": 86, "StorageCapabilities": 87, "AccountCapabilities": 88, "PublishCapability": 89,
        "UnpublishCapability": 90, "GetStorageCapabilityController": 91, "IssueStorageCapabilityController": 92,
        "GetAccountCapabilityController": 93, "IssueAccountCapabilityController": 94, "CapabilitiesMapping": 95,
        "AccountMapping": 96, "HashableStruct": 97, "FixedSizeUnsignedInteger": 98, "Fix128": 99, "UFix128": 101,
        "Storable": 103, "StringBuilder": 104,
    ]

    static let names: [UInt64: String] = Dictionary(uniqueKeysWithValues: numbers.map { ($1, $0) })

    /// What JSON-CDC's decoder takes as the kind of a simple type. It knows the checker's invalid type too, CCF does not.
    static func isKnownToJSON(_ name: String) -> Bool { numbers[name] != nil || name == "<<invalid>>" }

    /// Composite types that need no location (onflow/cadence:sema/type.go, NativeCompositeTypes).
    static let nativeComposites: Set<String> = [
        "AccountKey", "PublicKey", "HashAlgorithm", "SignatureAlgorithm", "RoundingRule", "DeploymentResult", "Account",
        "Account.Contracts", "Account.Keys", "Account.Inbox", "Account.Capabilities", "Account.StorageCapabilities",
        "Account.AccountCapabilities", "Account.Storage",
    ]
}
