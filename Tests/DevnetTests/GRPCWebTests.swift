import Devnet
import Encoding
import FlowClient
import GRPC
import HTTP
import Testing

/// What a browser's gRPC client sends and reads: frames in plain HTTP, the status in the last of them.
@Suite(.timeLimit(.minutes(1)))
struct GRPCWebTests {
    private struct Answer {
        var messages: [[UInt8]] = []
        var trailers: [String: String] = [:]
        var headers = HTTPFields()
    }

    private func frame(_ message: [UInt8]) -> [UInt8] {
        [0] + withUnsafeBytes(of: UInt32(message.count).bigEndian, Array.init) + message
    }

    private func read(_ bytes: [UInt8]) throws -> Answer {
        var answer = Answer()
        var rest = bytes[...]
        while rest.count >= 5 {
            let flag = rest[rest.startIndex]
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let payload = Array(rest.dropFirst(5).prefix(length))
            try #require(payload.count == length)
            rest = rest.dropFirst(5 + length)
            guard flag == 0x80 else {
                answer.messages.append(payload)
                continue
            }
            for line in String(decoding: payload, as: UTF8.self).split(separator: "\r\n") {
                let words = line.split(separator: ": ", maxSplits: 1).map(String.init)
                answer.trailers[words[0]] = words.count > 1 ? words[1] : ""
            }
        }
        #expect(rest.isEmpty)
        return answer
    }

    private func withDevnet(_ body: (DevnetNode, (String, [UInt8], Bool) async throws -> Answer) async throws -> Void)
        async throws
    {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        chain.node.makeBlocks(4)
        let devnet = Devnet(node: chain.node)
        let port = try await devnet.startHTTP()
        let running = Task { try await devnet.run() }
        defer { running.cancel() }
        try await body(chain.node) { method, body, isText in
            let type = "application/grpc-web" + (isText ? "-text" : "")
            let sent = isText ? Array(Base64.encode(body).utf8) : body
            let response = try await HTTPClient().send(
                HTTPRequest(
                    method: "POST", url: "http://127.0.0.1:\(port)\(method)",
                    headers: ["Content-Type": type, "Origin": "https://example.org"], body: sent))
            #expect(response.status == 200)
            #expect(response.headers["Content-Type"] == type + "+proto")
            #expect(response.headers["Access-Control-Allow-Origin"] == "*")
            guard isText else { return try read(response.body) }
            // Each frame's base64 ends by itself.
            let text = String(decoding: response.body, as: UTF8.self)
            var bytes: [UInt8] = []
            var part = ""
            for quad in stride(from: 0, to: text.utf8.count, by: 4) {
                part = String(decoding: Array(text.utf8)[quad..<min(quad + 4, text.utf8.count)], as: UTF8.self)
                bytes += try #require(Base64.decode(part))
            }
            return try read(bytes)
        }
    }

    @Test(arguments: [false, true]) func `a call is answered, in bytes and in base64`(_ isText: Bool) async throws {
        try await withDevnet { node, call in
            let answer = try await call("/flow.access.AccessAPI/GetLatestBlockHeader", frame([8, 1]), isText)
            let header = try BlockHeaderResponse(protobuf: try #require(answer.messages.first)).block
            #expect(header?.height == 4)
            #expect(answer.messages.count == 1 && answer.trailers == ["grpc-status": "0"])
            let ping = try await call("/access.AccessAPI/Ping", frame([]), isText)
            #expect(ping.trailers["grpc-status"] == "0")
        }
    }

    @Test func `what is refused has its code and its words`() async throws {
        try await withDevnet { _, call in
            let unknown = try await call("/flow.access.AccessAPI/GetBlockByHeight", frame([8, 99]), false)
            #expect(unknown.messages.isEmpty)
            #expect(unknown.trailers == ["grpc-status": "5", "grpc-message": "could not find block at height 99"])
            #expect(try await call("/flow.access.AccessAPI/Dance", frame([]), false).trailers["grpc-status"] == "12")
            for body in [[], [0, 0, 0, 0, 9, 1], [1, 0, 0, 0, 0], [0, 0xff, 0xff, 0xff, 0xff]] as [[UInt8]] {
                let refused = try await call("/flow.access.AccessAPI/Ping", body, false)
                #expect(refused.trailers["grpc-status"] == "3", "\(body)")
            }
        }
    }

    @Test func `a stream has a frame for each answer, and ends with its status`() async throws {
        try await withDevnet { node, call in
            node.misbehave { $0.endsStreamsAfter = 3 }
            var request = SubscribeBlockHeadersFromStartHeightRequest()
            request.startHeight = 1
            request.status = .sealed
            let answer = try await call(
                "/flow.access.AccessAPI/SubscribeBlockHeadersFromStartHeight", frame(request.protobuf), false)
            let heights = try answer.messages.map { try SubscribeBlockHeadersResponse(protobuf: $0).header?.height }
            #expect(heights == [1, 2, 3])
            #expect(answer.trailers["grpc-status"] == "14")
        }
    }
}
