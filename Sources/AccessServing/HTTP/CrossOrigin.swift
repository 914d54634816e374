import HTTP

/// What a browser is told that asks before it asks (https://fetch.spec.whatwg.org, CORS-preflight request).
enum CrossOrigin {
    static func preflight(_ headers: HTTPFields) -> HTTPFields {
        [
            "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, POST, OPTIONS, HEAD",
            "Access-Control-Allow-Headers": headers["Access-Control-Request-Headers"] ?? "Content-Type",
            "Access-Control-Max-Age": "600",
        ]
    }
}
