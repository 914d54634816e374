/// Keeps the calls of one undertaking on one node, as long as that node is well: a slot's sends and look-ups, so that the
/// node that took a transaction is the one asked about it. `NodeAffinity.$key.withValue("f8d6e0586b0a20c7/3") { … }`
public enum NodeAffinity {
    @TaskLocal public static var key: String?
}
