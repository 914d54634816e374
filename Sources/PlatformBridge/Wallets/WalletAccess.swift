package import Signer

/// What wallets are asked and told with.
package struct WalletAccess: Sendable {
    /// Nil where the process has no node to read keys from.
    package var verifier: WalletVerifier?
    /// What account proofs are made for: ours, never what a client sends.
    package var appIdentifier = "weir"
    /// Signs receipts. Nil: there are none.
    package var receipts: (any TransactionSigner)?

    package init() {}
}
