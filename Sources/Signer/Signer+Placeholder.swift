// Signer
