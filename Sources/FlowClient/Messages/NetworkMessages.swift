import GRPC

// Requests and answers: who the node is (onflow/flow protobuf/flow/access/access.proto).

struct PingRequest: FlowAccessMessage {
    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

struct PingResponse: FlowAccessMessage {
    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

struct GetNodeVersionInfoRequest: FlowAccessMessage {
    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

struct GetNodeVersionInfoResponse: FlowAccessMessage {
    var info: NodeVersionInfo?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "info", &info)
    }
}

struct GetNetworkParametersRequest: FlowAccessMessage {
    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

struct GetNetworkParametersResponse: FlowAccessMessage {
    var chainID = ""

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "chain_id", &chainID)
    }
}
