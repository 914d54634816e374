import CCurl

/// What one request sets on an easy handle, and what must live as long.
struct CurlSetup {
    private let list: UnsafeMutablePointer<curl_slist>?
    private let box: Unmanaged<Transfer>
    private let gate: UnsafeMutablePointer<shim_curl_gate>?

    init(_ handle: UnsafeMutableRawPointer, _ transfer: Transfer, _ configuration: HTTPClient.Configuration) throws {
        let request = transfer.request
        try Self.setCommon(handle, request.url, configuration)
        shim_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method)
        if request.method == "HEAD" { shim_curl_set_long(handle, CURLOPT_NOBODY, 1) }
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
            // The size first: without it the copy would stop at the first zero byte.
            shim_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            _ = request.body.withUnsafeBytes {
                shim_curl_set_bytes(handle, CURLOPT_COPYPOSTFIELDS, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1))
            }
        }
        if !transfer.isStreamed {
            shim_curl_set_long(handle, CURLOPT_TIMEOUT_MS, transfer.timeout.milliseconds)
        } else {
            // A stream has no end by the clock; that its headers come at all is for the connection's time limit and this.
            shim_curl_set_long(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, transfer.timeout.milliseconds / 1000))
        }
        list = try Self.headers(request, configuration)
        shim_curl_set_list(handle, CURLOPT_HTTPHEADER, list)
        // Retained for as long as curl may call: the optimiser lets go of what Swift does not use any more.
        box = Unmanaged.passRetained(transfer)
        shim_curl_set_pointer(handle, CURLOPT_WRITEDATA, box.toOpaque())
        shim_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { data, size, count, user in
            Unmanaged<Transfer>.fromOpaque(user!).takeUnretainedValue()
                .receive(UnsafeRawBufferPointer(start: data, count: size * count))
        }
        gate = configuration.refusesPrivateAddresses ? Self.gate(box) : nil
        if let gate { shim_curl_set_gate(handle, gate) }
        shim_curl_set_pointer(handle, CURLOPT_HEADERDATA, box.toOpaque())
        shim_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { data, size, count, user in
            let line = UnsafeRawBufferPointer(start: data, count: size * count)
            Unmanaged<Transfer>.fromOpaque(user!).takeUnretainedValue().receiveHeader(
                String(decoding: line, as: UTF8.self))
            return size * count
        }
    }

    /// Asked with the very address that is connected to: names that change what they stand for change nothing here.
    private static func gate(_ box: Unmanaged<Transfer>) -> UnsafeMutablePointer<shim_curl_gate> {
        let gate = UnsafeMutablePointer<shim_curl_gate>.allocate(capacity: 1)
        gate.initialize(
            to: shim_curl_gate(
                may_connect: { user, family, address, length in
                    let bytes = UnsafeRawBufferPointer(start: address, count: Int(length))
                    if PublicAddress.isPublic(family: family, socketAddress: bytes) { return 1 }
                    Unmanaged<Transfer>.fromOpaque(user!).takeUnretainedValue().refuseAddress()
                    return 0
                }, user: box.toOpaque()))
        return gate
    }

    func release() {
        curl_slist_free_all(list)
        gate?.deallocate()
        box.release()
    }

    /// What requests and websockets have in common.
    static func setCommon(
        _ handle: UnsafeMutableRawPointer, _ url: String, _ configuration: HTTPClient.Configuration
    ) throws {
        guard shim_curl_set_string(handle, CURLOPT_URL, url) == CURLE_OK else {
            throw HTTPError(.invalidRequest, "the address is not one")
        }
        shim_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        shim_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        shim_curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        shim_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        shim_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.milliseconds)
        shim_curl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
        // Proxies named in the environment are for people's browsers, not for a node next door.
        shim_curl_set_string(handle, CURLOPT_PROXY, "")
        shim_curl_set_string(handle, CURLOPT_USERAGENT, configuration.userAgent)
        if let file = configuration.certificateAuthorities { shim_curl_set_string(handle, CURLOPT_CAINFO, file) }
        if let (certificate, key) = configuration.clientCertificate {
            shim_curl_set_string(handle, CURLOPT_SSLCERT, certificate)
            shim_curl_set_string(handle, CURLOPT_SSLKEY, key)
        }
        if let path = configuration.unixSocket { shim_curl_set_string(handle, CURLOPT_UNIX_SOCKET_PATH, path) }
    }

    private static func headers(
        _ request: HTTPRequest, _ configuration: HTTPClient.Configuration
    ) throws -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        // curl would ask for leave before a large body and add a content type of its own.
        var lines = ["Expect:"]
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        // `Name;` is how curl is told to send a header without a value.
        lines += request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        for line in lines { list = curl_slist_append(list, line) }
        return list
    }
}

/// curl's codes, as far as the manual allows them here. Their texts name no address beyond the host that we add.
enum CurlFailure {
    static func error(_ code: CURLcode, _ place: String) -> HTTPError {
        let kind: HTTPError.Code =
            switch code {
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: .cannotConnect
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_ISSUER_ERROR:
                .untrusted
            case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2: .protocolViolation
            case CURLE_FILESIZE_EXCEEDED: .tooLarge
            default: .connectionLost  // Send, receive, partial file, got nothing: the connection broke.
            }
        return HTTPError(kind, "\(place): \(String(cString: curl_easy_strerror(code)))")
    }
}

extension Duration {
    /// At least one: zero means no limit to curl.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int.max) / 1001 else { return Int(Int32.max) }
        return Swift.max(1, Swift.min(Int(Int32.max), Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)))
    }
}
