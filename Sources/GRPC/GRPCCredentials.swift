import CGRPC

/// A private key and its certificate chain, both PEM.
public struct GRPCIdentity: Sendable {
    let certificateChain: String
    let privateKey: String

    public init(certificateChain: String, privateKey: String) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
    }

    /// Lends the core's form; the core copies what it keeps.
    func withPair<R>(_ body: (UnsafeMutablePointer<grpc_ssl_pem_key_cert_pair>) -> R) -> R {
        privateKey.withCString { key in
            certificateChain.withCString { chain in
                var pair = grpc_ssl_pem_key_cert_pair(private_key: key, cert_chain: chain)
                return body(&pair)
            }
        }
    }
}

/// How a channel reaches its server.
public enum GRPCClientCredentials: Sendable {
    case cleartext
    /// `roots` is PEM; nil takes the system's. `identity` is the client certificate, where the server asks for one.
    case tls(roots: String? = nil, identity: GRPCIdentity? = nil)

    func withPointer<R>(_ body: (OpaquePointer?) -> R) -> R {
        let pointer: OpaquePointer? =
            switch self {
            case .cleartext: grpc_insecure_credentials_create()
            case .tls(let roots, nil): grpc_ssl_credentials_create_ex(roots, nil, nil, nil)
            case .tls(let roots, let identity?):
                identity.withPair { grpc_ssl_credentials_create_ex(roots, $0, nil, nil) }
            }
        defer { if let pointer { grpc_channel_credentials_release(pointer) } }
        return body(pointer)
    }
}

/// How a server lets itself be reached.
public enum GRPCServerCredentials: Sendable {
    case cleartext
    /// With `clientRoots` (PEM) only clients that show a certificate signed by them are let in.
    case tls(identity: GRPCIdentity, clientRoots: String? = nil)

    func withPointer<R>(_ body: (OpaquePointer?) -> R) -> R {
        let pointer: OpaquePointer? =
            switch self {
            case .cleartext: grpc_insecure_server_credentials_create()
            case .tls(let identity, let clientRoots):
                identity.withPair {
                    grpc_ssl_server_credentials_create_ex(
                        clientRoots, $0, 1,
                        clientRoots == nil
                            ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                            : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, nil)
                }
            }
        defer { if let pointer { grpc_server_credentials_release(pointer) } }
        return body(pointer)
    }
}
