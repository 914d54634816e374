public import Cadence

/// The addresses of a chain, in the order in which accounts are created: words of a linear code [64, 45, 7] over GF(2),
/// shifted by a word of the chain's own, so that an address of one chain is valid on no other and any two differ in at
/// least 7 bits (onflow/flow-go:model/flow/address.go).
public struct AddressGenerator: Sendable {
    private let chainWord: UInt64

    public static let maximumIndex: UInt64 = 1 << 45 - 1

    /// Nil for a chain whose code word is not known.
    public init?(chain: ChainID) {
        switch chain {
        case .mainnet: chainWord = 0
        case .testnet: chainWord = 0x6834_ba37_b398_0209
        case .emulator, .localnet: chainWord = 0x1cb1_5985_7af0_2018
        case .previewnet: chainWord = 0x5211_829e_8852_8817
        case ChainID("flow-sandboxnet"): chainWord = 0x1035_ce4e_ff92_ae01
        default: return nil
        }
    }

    /// The address of the account that is created as number `index`, from 1 on. Nil for 0 and beyond the last.
    public func address(at index: UInt64) -> Address? {
        guard (1...Self.maximumIndex).contains(index) else { return nil }
        return Address(rawValue: Self.encode(index) ^ chainWord)
    }

    /// Which account this is the address of; nil where it is no address of this chain. Says nothing of whether the
    /// account exists yet.
    public func index(of address: Address) -> UInt64? {
        let word = address.rawValue ^ chainWord
        let index = Self.decode(word)
        return index != 0 && Self.encode(index) == word ? index : nil
    }

    private static func encode(_ index: UInt64) -> UInt64 {
        combine(generator, by: index)
    }

    private static func decode(_ word: UInt64) -> UInt64 {
        combine(inverse, by: word >> 19)
    }

    private static func combine(_ rows: [UInt64], by bits: UInt64) -> UInt64 {
        var bits = bits
        var sum: UInt64 = 0
        while bits != 0 {
            sum ^= rows[bits.trailingZeroBitCount]
            bits &= bits - 1
        }
        return sum
    }

    /// The generator matrix: row i is the word of index 2^i.
    private static let generator: [UInt64] = [
        0xe467_b9dd_11fa_00df, 0xf233_dcee_88fe_0abe, 0xf919_ee77_447b_7497, 0xfc8c_f73b_a23a_260d,
        0xfe46_7b9d_d11e_e2a1, 0xff23_3dce_e888_d807, 0xff91_9ee7_7447_6ce6, 0x7fc8_cf73_ba23_1d10,
        0x3fe4_67b9_dd11_b183, 0x1ff2_33dc_ee8f_96d6, 0x8ff9_19ee_7747_57ba, 0x47fc_8cf7_3ba2_b331,
        0x23fe_467b_9dd2_7f6c, 0x11ff_233d_ceee_8e82, 0x88ff_919e_e775_dd8f, 0x447f_c8cf_73b9_05e4,
        0xa23f_e467_b9de_0d83, 0xd11f_f233_dce8_d5a7, 0xe88f_f919_ee73_c38a, 0x7447_fc8c_f73f_171f,
        0xba23_fe46_7b9d_cb2b, 0xdd11_ff23_3dcb_0cb4, 0xee88_ff91_9ee2_6c5d, 0x7744_7fc8_cf77_5dd3,
        0x3ba2_3fe4_67b9_b5a1, 0x9dd1_1ff2_33d9_117a, 0xcee8_8ff9_19ef_a640, 0xe774_47fc_8cf3_e297,
        0x73ba_23fe_467f_abd2, 0xb9dd_11ff_233f_b16c, 0xdcee_88ff_919a_dde7, 0xee77_447f_c8ce_b196,
        0xf73b_a23f_e462_1cd0, 0x7b9d_d11f_f237_9ac3, 0x3dce_e88f_f91d_f46c, 0x9ee7_7447_fc88_e702,
        0xcf73_ba23_fe41_31b6, 0x67b9_dd11_ff24_0f9a, 0x33dc_ee88_ff90_f9e0, 0x19ee_7744_7fcf_f4e3,
        0x8cf7_3ba2_3fe6_4091, 0x467b_9dd1_1ff1_15c7, 0x233d_cee8_8ffd_b735, 0x919e_e774_47fe_2309,
        0xc8cf_73ba_23fd_c736,
    ]

    /// The inverse of the generator's first 45 columns, by Gauss and Jordan: the first 45 bits of a word name its index.
    private static let inverse: [UInt64] = {
        var rows = generator.enumerated().map { (left: $1 >> 19, right: UInt64(1) << UInt64($0)) }
        for column in rows.indices {
            let bit = UInt64(1) << UInt64(column)
            rows.swapAt(column, rows[column...].firstIndex { $0.left & bit != 0 }!)
            for other in rows.indices where other != column && rows[other].left & bit != 0 {
                rows[other].left ^= rows[column].left
                rows[other].right ^= rows[column].right
            }
        }
        return rows.map(\.right)
    }()
}

extension Address {
    /// Whether this can be an account's address on that chain. False for the zero address and for unknown chains.
    public func isValid(on chain: ChainID) -> Bool {
        AddressGenerator(chain: chain)?.index(of: self) != nil
    }
}
