package import GRPC

/// A message of package flow.access that has the protocol's name.
package protocol FlowAccessMessage: ProtobufMessage {}

extension FlowAccessMessage {
    package static var protobufName: String { "flow.access.\(Self.self)" }
}

/// A message of package flow.executiondata that has the protocol's name.
package protocol FlowExecutionDataMessage: ProtobufMessage {}

extension FlowExecutionDataMessage {
    package static var protobufName: String { "flow.executiondata.\(Self.self)" }
}
