extension SporkTable {
    /// Root heights and hosts of the public networks: data, read from onflow/flow sporks.json, 2026-07-17. What a
    /// configuration says replaces it.
    public static func published(for chain: ChainID) -> SporkTable? {
        switch chain {
        case .mainnet: table(mainnet)
        case .testnet: table(testnet)
        default: nil
        }
    }

    /// The height that Cadence 1.0 came with: that of mainnet25 and testnet51. Zero where it was there from the start.
    public static func cadence1(on chain: ChainID) -> BlockHeight {
        switch chain {
        case .mainnet: 85_981_135
        case .testnet: 211_176_670
        default: 0
        }
    }

    /// One spork a line: name, root height, nodes.
    private static func table(_ text: String) -> SporkTable {
        let sporks = text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return Spork(name: words[0], rootHeight: BlockHeight(UInt64(words[1])!), nodes: Array(words[2...]))
        }
        return try! SporkTable(sporks)
    }

    private static let mainnet = """
        candidate4 1065711 access-001.candidate4.nodes.onflow.org:9000
        candidate5 2033592 access-001.candidate5.nodes.onflow.org:9000
        candidate6 3187931 access-001.candidate6.nodes.onflow.org:9000
        candidate7 4132133 access-001.candidate7.nodes.onflow.org:9000
        candidate8 4972987 access-001.candidate8.nodes.onflow.org:9000
        candidate9 6483246 access-001.candidate9.nodes.onflow.org:9000
        mainnet1 7601063 access-001.mainnet1.nodes.onflow.org:9000
        mainnet2 8742959 access-001.mainnet2.nodes.onflow.org:9000
        mainnet3 9737133 access-001.mainnet3.nodes.onflow.org:9000
        mainnet4 9992020 access-001.mainnet4.nodes.onflow.org:9000
        mainnet5 12020337 access-001.mainnet5.nodes.onflow.org:9000
        mainnet6 12609237 access-001.mainnet6.nodes.onflow.org:9000
        mainnet7 13404174 access-001.mainnet7.nodes.onflow.org:9000
        mainnet8 13950742 access-001.mainnet8.nodes.onflow.org:9000
        mainnet9 14892104 access-001.mainnet9.nodes.onflow.org:9000
        mainnet10 15791891 access-001.mainnet10.nodes.onflow.org:9000
        mainnet11 16755602 access-001.mainnet11.nodes.onflow.org:9000
        mainnet12 17544523 access-001.mainnet12.nodes.onflow.org:9000
        mainnet13 18587478 access-001.mainnet13.nodes.onflow.org:9000
        mainnet14 19050753 access-001.mainnet14.nodes.onflow.org:9000
        mainnet15 21291692 access-001.mainnet15.nodes.onflow.org:9000
        mainnet16 23830813 access-001.mainnet16.nodes.onflow.org:9000
        mainnet17 27341470 access-001.mainnet17.nodes.onflow.org:9000
        mainnet18 31735955 access-001.mainnet18.nodes.onflow.org:9000
        mainnet19 35858811 access-001.mainnet19.nodes.onflow.org:9000
        mainnet20 40171634 access-001.mainnet20.nodes.onflow.org:9000
        mainnet21 44950207 access-001.mainnet21.nodes.onflow.org:9000
        mainnet22 47169687 access-001.mainnet22.nodes.onflow.org:9000
        mainnet23 55114467 access-001.mainnet23.nodes.onflow.org:9000
        mainnet24 65264619 access-001.mainnet24.nodes.onflow.org:9000
        mainnet25 85981135 access-001.mainnet25.nodes.onflow.org:9000
        mainnet26 88226267 access-001.mainnet26.nodes.onflow.org:9000
        mainnet27 130290659 access-001.mainnet27.nodes.onflow.org:9000
        mainnet28 137390146 access.mainnet.nodes.onflow.org:9000
        """

    /// testnet53 is gone: its host name now leads to its successor.
    private static let testnet = """
        testnet51 211176670 access-001.devnet51.nodes.onflow.org:9000
        testnet52 218215349 access-001.devnet52.nodes.onflow.org:9000
        testnet53 280224020
        testnet54 305778201 access.devnet.nodes.onflow.org:9000
        """

}
