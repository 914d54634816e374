package import GRPC

// Requests and answers: who the node is (onflow/flow protobuf/flow/access/access.proto).

package struct PingRequest: FlowAccessMessage {
    package init() {}
    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

package struct PingResponse: FlowAccessMessage {
    package init() {}
    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

package struct GetNodeVersionInfoRequest: FlowAccessMessage {
    package init() {}
    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

package struct GetNodeVersionInfoResponse: FlowAccessMessage {
    package var info: NodeVersionInfo?

    package init() {}

    package init(info: NodeVersionInfo? = nil) {
        self.info = info
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "info", &info)
    }
}

package struct GetNetworkParametersRequest: FlowAccessMessage {
    package init() {}
    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

package struct GetNetworkParametersResponse: FlowAccessMessage {
    package var chainID = ""

    package init() {}

    package init(chainID: String = "") {
        self.chainID = chainID
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "chain_id", &chainID)
    }
}
