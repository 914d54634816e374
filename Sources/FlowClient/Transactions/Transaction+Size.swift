extension Transaction {
    /// What a node takes at most.
    public static let maximumByteSize = 1_500_000

    /// The size that nodes compare with their limit: raw lengths and fixed sums, not the size on any wire
    /// (onflow/flow-go:model/flow/transaction.go, ByteSize).
    public var byteSize: Int {
        let signatures = (payloadSignatures + envelopeSignatures)
            .reduce(0) { $0 + 24 + $1.signature.count + $1.extensionData.count }
        let arguments = arguments.reduce(0) { $0 + $1.count }
        return 32 + script.count + arguments + 8 + 24 + 8 + 8 * authorizers.count + signatures
    }
}
