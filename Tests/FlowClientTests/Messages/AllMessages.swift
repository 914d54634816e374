import GRPC

@testable import FlowClient

typealias AnyMethod = AnyFlowMethod

let allMethods = AnyFlowMethod.all

/// Every message that a method can reach.
let allMessages: [any ProtobufMessage.Type] = {
    var seen: Set<String> = []
    var found: [any ProtobufMessage.Type] = []
    var pending = allMethods.flatMap { [$0.request, $0.response] }
    while let type = pending.popLast() {
        guard seen.insert(type.protobufName).inserted else { continue }
        found.append(type)
        pending += ProtobufDescription(of: type).nested
    }
    return found.sorted { $0.protobufName < $1.protobufName }
}()

func recode<M: ProtobufMessage>(_ type: M.Type, _ bytes: [UInt8]) throws -> [UInt8] { try M(protobuf: bytes).protobuf }
