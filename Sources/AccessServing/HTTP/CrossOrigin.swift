import HTTP

/// What a browser wants to hear before pages of another origin may read an answer (https://fetch.spec.whatwg.org, CORS).
enum CrossOrigin {
    /// Any page may read it.
    static func open(_ response: HTTPServerResponse) -> HTTPServerResponse {
        var response = response
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response
    }

    static func preflight(_ headers: HTTPFields) -> HTTPServerResponse {
        open(
            HTTPServerResponse(
                status: 204,
                headers: [
                    "Access-Control-Allow-Methods": "GET, POST, OPTIONS, HEAD",
                    "Access-Control-Allow-Headers": headers["Access-Control-Request-Headers"] ?? "Content-Type",
                    "Access-Control-Max-Age": "600",
                ]))
    }
}
