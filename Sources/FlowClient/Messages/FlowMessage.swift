import GRPC

/// A message of package flow.access that has the protocol's name.
protocol FlowAccessMessage: ProtobufMessage {}

extension FlowAccessMessage {
    static var protobufName: String { "flow.access.\(Self.self)" }
}

/// A message of package flow.executiondata that has the protocol's name.
protocol FlowExecutionDataMessage: ProtobufMessage {}

extension FlowExecutionDataMessage {
    static var protobufName: String { "flow.executiondata.\(Self.self)" }
}
