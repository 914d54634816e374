import Cadence

// swift-format-ignore-file
// Generated from cadence/ by `make generate`. Change the sources there and run it again.

/// The project's Cadence, as it lies in cadence/: file name without its ending to source, imports unresolved.
public enum CadenceSources {
    public static let contracts: [String: String] = [
        "NovaBrand": ##"""
        /// The registry of brands and of the user submissions that they accept.
        ///
        /// Every change names the platform operation that asked for it, so that a reader of the chain alone can tell
        /// which operations have been carried out. What cannot be done is rejected with a reason, item by item:
        /// one bad item never undoes the others of its transaction.
        access(all) contract NovaBrand {

            access(all) event BrandCreated(brandID: String, name: String, operation: String)
            access(all) event BrandStatusChanged(brandID: String, status: UInt8, operation: String)
            access(all) event SubmissionCreated(
                submissionID: String,
                campaignID: String,
                brandID: String,
                submitter: String,
                contentHash: String,
                operation: String
            )
            access(all) event Rejected(operation: String, item: String, reason: String)

            access(all) let OperatorStoragePath: StoragePath

            /// Brand status as the platform numbers it: DRAFT 0, APPROVING 1, APPROVED 2, REJECTED 3, SUSPENDED 4, DELETED 5.
            access(all) struct Brand {
                access(all) let id: String
                access(all) let name: String
                access(all) let createdAt: UFix64
                access(all) var status: UInt8

                init(id: String, name: String) {
                    self.id = id
                    self.name = name
                    self.createdAt = getCurrentBlock().timestamp
                    self.status = 2
                }

                access(contract) fun setStatus(_ status: UInt8) {
                    self.status = status
                }
            }

            access(self) let brands: {String: Brand}
            access(self) let submissions: {String: Bool}

            access(all) view fun getBrand(_ id: String): Brand? {
                return self.brands[id]
            }

            /// Whether new passes and collectibles may be made for this brand.
            access(all) view fun isActive(_ id: String): Bool {
                return self.brands[id]?.status == 2
            }

            access(all) view fun hasSubmission(_ id: String): Bool {
                return self.submissions[id] ?? false
            }

            /// Held by the platform's account alone.
            access(all) resource Operator {

                access(all) fun createBrand(id: String, name: String, operation: String) {
                    if NovaBrand.brands[id] != nil {
                        emit Rejected(operation: operation, item: id, reason: "exists")
                        return
                    }
                    NovaBrand.brands[id] = Brand(id: id, name: name)
                    emit BrandCreated(brandID: id, name: name, operation: operation)
                }

                access(all) fun setBrandStatus(id: String, status: UInt8, operation: String) {
                    if status > 5 {
                        emit Rejected(operation: operation, item: id, reason: "bad_status")
                        return
                    }
                    let brand = NovaBrand.brands[id]
                    if brand == nil {
                        emit Rejected(operation: operation, item: id, reason: "unknown_brand")
                        return
                    }
                    let changed = brand!
                    changed.setStatus(status)
                    NovaBrand.brands[id] = changed
                    emit BrandStatusChanged(brandID: id, status: status, operation: operation)
                }

                access(all) fun createSubmission(
                    id: String,
                    campaignID: String,
                    brandID: String,
                    submitter: String,
                    contentHash: String,
                    operation: String
                ) {
                    if NovaBrand.submissions[id] != nil {
                        emit Rejected(operation: operation, item: id, reason: "exists")
                        return
                    }
                    if !NovaBrand.isActive(brandID) {
                        emit Rejected(operation: operation, item: id, reason: "inactive_brand")
                        return
                    }
                    NovaBrand.submissions[id] = true
                    emit SubmissionCreated(
                        submissionID: id,
                        campaignID: campaignID,
                        brandID: brandID,
                        submitter: submitter,
                        contentHash: contentHash,
                        operation: operation
                    )
                }
            }

            init() {
                self.brands = {}
                self.submissions = {}
                self.OperatorStoragePath = /storage/novaBrandOperator
                self.account.storage.save(<-create Operator(), to: self.OperatorStoragePath)
            }
        }

        """##,
        "NovaCollectible": ##"""
        import "NonFungibleToken"
        import "ViewResolver"
        import "MetadataViews"
        import "NovaBrand"

        /// Collectibles that a brand drops on the members of a pass: airdrops, claim codes, merch drops, poll and social
        /// rewards. One NFT type, many collectibles, each with serials of its own.
        access(all) contract NovaCollectible: NonFungibleToken {

            access(all) event CollectibleCreated(
                collectibleID: String,
                passID: String,
                brandID: String,
                activation: String,
                name: String,
                maxSupply: UInt64?,
                operation: String
            )
            access(all) event Dropped(
                id: UInt64,
                collectibleID: String,
                serial: UInt64,
                dropID: String,
                to: Address?,
                holder: String?,
                operation: String
            )
            access(all) event Released(id: UInt64, collectibleID: String, holder: String, to: Address, operation: String)
            access(all) event Rejected(operation: String, item: String, reason: String)

            access(all) let CollectionStoragePath: StoragePath
            access(all) let CollectionPublicPath: PublicPath
            access(all) let OperatorStoragePath: StoragePath

            access(all) struct Collectible {
                access(all) let id: String
                access(all) let passID: String
                access(all) let brandID: String
                access(all) let activation: String
                access(all) let name: String
                access(all) let description: String
                access(all) let image: String
                access(all) let maxSupply: UInt64?
                access(all) var minted: UInt64

                init(
                    id: String,
                    passID: String,
                    brandID: String,
                    activation: String,
                    name: String,
                    description: String,
                    image: String,
                    maxSupply: UInt64?
                ) {
                    self.id = id
                    self.passID = passID
                    self.brandID = brandID
                    self.activation = activation
                    self.name = name
                    self.description = description
                    self.image = image
                    self.maxSupply = maxSupply
                    self.minted = 0
                }

                access(contract) fun takeSerial(): UInt64? {
                    if let max = self.maxSupply {
                        if self.minted >= max {
                            return nil
                        }
                    }
                    self.minted = self.minted + 1
                    return self.minted
                }
            }

            access(self) let collectibles: {String: Collectible}
            /// The rows of drops that have been carried out: a row is dropped once, whoever asks again.
            access(self) let dropped: {String: UInt64}
            access(self) let lockers: @{String: Collection}

            access(all) view fun getCollectible(_ id: String): Collectible? {
                return self.collectibles[id]
            }

            /// The token that a drop's row became, or nil.
            access(all) view fun getDropped(_ dropID: String): UInt64? {
                return self.dropped[dropID]
            }

            access(all) view fun getLockerIDs(_ holder: String): [UInt64] {
                return self.lockers[holder]?.getIDs() ?? []
            }

            access(all) resource NFT: NonFungibleToken.NFT {
                access(all) let id: UInt64
                access(all) let collectibleID: String
                access(all) let serial: UInt64

                access(all) event ResourceDestroyed(
                    id: UInt64 = self.id,
                    collectibleID: String = self.collectibleID,
                    serial: UInt64 = self.serial
                )

                init(collectibleID: String, serial: UInt64) {
                    self.id = self.uuid
                    self.collectibleID = collectibleID
                    self.serial = serial
                }

                access(all) fun createEmptyCollection(): @{NonFungibleToken.Collection} {
                    return <-NovaCollectible.createEmptyCollection(nftType: Type<@NovaCollectible.NFT>())
                }

                access(all) view fun getViews(): [Type] {
                    return [
                        Type<MetadataViews.Display>(),
                        Type<MetadataViews.Serial>(),
                        Type<MetadataViews.Editions>(),
                        Type<MetadataViews.Royalties>(),
                        Type<MetadataViews.NFTCollectionData>(),
                        Type<MetadataViews.NFTCollectionDisplay>()
                    ]
                }

                access(all) fun resolveView(_ view: Type): AnyStruct? {
                    let collectible = NovaCollectible.collectibles[self.collectibleID]!
                    switch view {
                        case Type<MetadataViews.Display>():
                            return MetadataViews.Display(
                                name: "\(collectible.name) #\(self.serial)",
                                description: collectible.description,
                                thumbnail: MetadataViews.HTTPFile(url: collectible.image)
                            )
                        case Type<MetadataViews.Serial>():
                            return MetadataViews.Serial(self.serial)
                        case Type<MetadataViews.Editions>():
                            return MetadataViews.Editions([
                                MetadataViews.Edition(name: collectible.name, number: self.serial, max: collectible.maxSupply)
                            ])
                        case Type<MetadataViews.Royalties>():
                            return MetadataViews.Royalties([])
                        default:
                            return NovaCollectible.resolveContractView(resourceType: self.getType(), viewType: view)
                    }
                }
            }

            access(all) resource Collection: NonFungibleToken.Collection {
                access(all) var ownedNFTs: @{UInt64: {NonFungibleToken.NFT}}

                init() {
                    self.ownedNFTs <- {}
                }

                access(all) view fun getSupportedNFTTypes(): {Type: Bool} {
                    return {Type<@NovaCollectible.NFT>(): true}
                }

                access(all) view fun isSupportedNFTType(type: Type): Bool {
                    return type == Type<@NovaCollectible.NFT>()
                }

                access(NonFungibleToken.Withdraw) fun withdraw(withdrawID: UInt64): @{NonFungibleToken.NFT} {
                    return <-(self.ownedNFTs.remove(key: withdrawID)
                        ?? panic("NovaCollectible: no token \(withdrawID) in this collection"))
                }

                access(all) fun deposit(token: @{NonFungibleToken.NFT}) {
                    let collectible <- token as! @NovaCollectible.NFT
                    let replaced <- self.ownedNFTs[collectible.id] <- collectible
                    destroy replaced
                }

                access(all) view fun getIDs(): [UInt64] {
                    return self.ownedNFTs.keys
                }

                access(all) view fun getLength(): Int {
                    return self.ownedNFTs.length
                }

                access(all) view fun borrowNFT(_ id: UInt64): &{NonFungibleToken.NFT}? {
                    return &self.ownedNFTs[id]
                }

                access(all) fun createEmptyCollection(): @{NonFungibleToken.Collection} {
                    return <-NovaCollectible.createEmptyCollection(nftType: Type<@NovaCollectible.NFT>())
                }
            }

            /// Held by the platform's account alone.
            access(all) resource Operator {

                access(all) fun createCollectible(
                    id: String,
                    passID: String,
                    brandID: String,
                    activation: String,
                    name: String,
                    description: String,
                    image: String,
                    maxSupply: UInt64?,
                    operation: String
                ) {
                    if NovaCollectible.collectibles[id] != nil {
                        emit Rejected(operation: operation, item: id, reason: "exists")
                        return
                    }
                    if !NovaBrand.isActive(brandID) {
                        emit Rejected(operation: operation, item: id, reason: "inactive_brand")
                        return
                    }
                    NovaCollectible.collectibles[id] = Collectible(
                        id: id,
                        passID: passID,
                        brandID: brandID,
                        activation: activation,
                        name: name,
                        description: description,
                        image: image,
                        maxSupply: maxSupply
                    )
                    emit CollectibleCreated(
                        collectibleID: id,
                        passID: passID,
                        brandID: brandID,
                        activation: activation,
                        name: name,
                        maxSupply: maxSupply,
                        operation: operation
                    )
                }

                /// Carries out one row of a drop: mints the token and gives it to the account `to`, or, where there is no
                /// account that can take it, to the locker of `holder`.
                access(all) fun drop(collectibleID: String, dropID: String, to: Address?, holder: String?, operation: String) {
                    if NovaCollectible.dropped[dropID] != nil {
                        emit Rejected(operation: operation, item: dropID, reason: "already_dropped")
                        return
                    }
                    let found = NovaCollectible.collectibles[collectibleID]
                    if found == nil {
                        emit Rejected(operation: operation, item: dropID, reason: "unknown_collectible")
                        return
                    }
                    var receiver: &NovaCollectible.Collection? = nil
                    if let address = to {
                        receiver = getAccount(address).capabilities.borrow<&NovaCollectible.Collection>(
                            NovaCollectible.CollectionPublicPath
                        )
                    }
                    if receiver == nil && holder == nil {
                        emit Rejected(operation: operation, item: dropID, reason: "no_collection")
                        return
                    }
                    let collectible = found!
                    if !NovaBrand.isActive(collectible.brandID) {
                        emit Rejected(operation: operation, item: dropID, reason: "inactive_brand")
                        return
                    }
                    let serial = collectible.takeSerial()
                    if serial == nil {
                        emit Rejected(operation: operation, item: dropID, reason: "supply_exhausted")
                        return
                    }
                    NovaCollectible.collectibles[collectibleID] = collectible

                    let token <- create NFT(collectibleID: collectibleID, serial: serial!)
                    NovaCollectible.dropped[dropID] = token.id
                    emit Dropped(
                        id: token.id,
                        collectibleID: collectibleID,
                        serial: serial!,
                        dropID: dropID,
                        to: receiver == nil ? nil : to,
                        holder: receiver == nil ? holder : nil,
                        operation: operation
                    )
                    if let account = receiver {
                        account.deposit(token: <-token)
                        return
                    }
                    if NovaCollectible.lockers[holder!] == nil {
                        let replaced <- NovaCollectible.lockers[holder!] <- create Collection()
                        destroy replaced
                    }
                    let locker = (&NovaCollectible.lockers[holder!] as &Collection?)!
                    locker.deposit(token: <-token)
                }

                /// Moves tokens from an owner's locker to the wallet that the owner has linked.
                access(all) fun releaseFromLocker(holder: String, ids: [UInt64], to: Address, operation: String) {
                    let receiver = getAccount(to).capabilities.borrow<&NovaCollectible.Collection>(
                        NovaCollectible.CollectionPublicPath
                    )
                    if receiver == nil {
                        emit Rejected(operation: operation, item: to.toString(), reason: "no_collection")
                        return
                    }
                    for id in ids {
                        let locker = &NovaCollectible.lockers[holder] as auth(NonFungibleToken.Withdraw) &Collection?
                        if locker == nil || locker!.borrowNFT(id) == nil {
                            emit Rejected(operation: operation, item: id.toString(), reason: "not_held")
                            continue
                        }
                        let token <- locker!.withdraw(withdrawID: id) as! @NovaCollectible.NFT
                        emit Released(
                            id: id, collectibleID: token.collectibleID, holder: holder, to: to, operation: operation
                        )
                        receiver!.deposit(token: <-token)
                    }
                }
            }

            access(all) fun createEmptyCollection(nftType: Type): @{NonFungibleToken.Collection} {
                return <-create Collection()
            }

            access(all) view fun getContractViews(resourceType: Type?): [Type] {
                return [Type<MetadataViews.NFTCollectionData>(), Type<MetadataViews.NFTCollectionDisplay>()]
            }

            access(all) fun resolveContractView(resourceType: Type?, viewType: Type): AnyStruct? {
                switch viewType {
                    case Type<MetadataViews.NFTCollectionData>():
                        return MetadataViews.NFTCollectionData(
                            storagePath: self.CollectionStoragePath,
                            publicPath: self.CollectionPublicPath,
                            publicCollection: Type<&NovaCollectible.Collection>(),
                            publicLinkedType: Type<&NovaCollectible.Collection>(),
                            createEmptyCollectionFunction: (fun(): @{NonFungibleToken.Collection} {
                                return <-NovaCollectible.createEmptyCollection(nftType: Type<@NovaCollectible.NFT>())
                            })
                        )
                    case Type<MetadataViews.NFTCollectionDisplay>():
                        let media = MetadataViews.Media(
                            file: MetadataViews.HTTPFile(url: "https://app.example.com/collectible.svg"),
                            mediaType: "image/svg+xml"
                        )
                        return MetadataViews.NFTCollectionDisplay(
                            name: "NovaBrand collectibles",
                            description: "What brands drop on their members",
                            externalURL: MetadataViews.ExternalURL("https://app.example.com"),
                            squareImage: media,
                            bannerImage: media,
                            socials: {}
                        )
                }
                return nil
            }

            init() {
                self.collectibles = {}
                self.dropped = {}
                self.lockers <- {}
                self.CollectionStoragePath = /storage/novaCollectibleCollection
                self.CollectionPublicPath = /public/novaCollectibleCollection
                self.OperatorStoragePath = /storage/novaCollectibleOperator
                self.account.storage.save(<-create Operator(), to: self.OperatorStoragePath)
            }
        }

        """##,
        "NovaPass": ##"""
        import "NonFungibleToken"
        import "ViewResolver"
        import "MetadataViews"
        import "NovaBrand"

        /// Membership passes: one NFT type, many passes, each sold or given away in releases.
        ///
        /// A token goes to its owner's account, or, while its owner has no wallet yet, into a locker under the owner's
        /// key. A key is an opaque string that the platform makes for a user; it never holds personal data.
        access(all) contract NovaPass: NonFungibleToken {

            access(all) event PassCreated(passID: String, brandID: String, name: String, maxSupply: UInt64?, operation: String)
            access(all) event ReleaseScheduled(
                releaseID: String,
                passID: String,
                supply: UInt64,
                price: UFix64,
                startsAt: UInt64,
                endsAt: UInt64?,
                operation: String
            )
            access(all) event Minted(id: UInt64, passID: String, releaseID: String, serial: UInt64, operation: String)
            access(all) event Delivered(id: UInt64, passID: String, to: Address, operation: String)
            access(all) event Held(id: UInt64, passID: String, holder: String, operation: String)
            access(all) event Released(id: UInt64, passID: String, holder: String, to: Address, operation: String)
            access(all) event Claimed(id: UInt64, passID: String, operation: String)
            access(all) event Rejected(operation: String, item: String, reason: String)

            access(all) let CollectionStoragePath: StoragePath
            access(all) let CollectionPublicPath: PublicPath
            access(all) let OperatorStoragePath: StoragePath

            access(all) struct Pass {
                access(all) let id: String
                access(all) let brandID: String
                access(all) let name: String
                access(all) let description: String
                access(all) let image: String
                access(all) let maxSupply: UInt64?
                access(all) var minted: UInt64

                init(id: String, brandID: String, name: String, description: String, image: String, maxSupply: UInt64?) {
                    self.id = id
                    self.brandID = brandID
                    self.name = name
                    self.description = description
                    self.image = image
                    self.maxSupply = maxSupply
                    self.minted = 0
                }

                access(contract) fun takeSerial(): UInt64? {
                    if let max = self.maxSupply {
                        if self.minted >= max {
                            return nil
                        }
                    }
                    self.minted = self.minted + 1
                    return self.minted
                }
            }

            /// A sale or give-away window. Times are epoch milliseconds.
            access(all) struct Release {
                access(all) let id: String
                access(all) let passID: String
                access(all) let supply: UInt64
                access(all) let price: UFix64
                access(all) let startsAt: UInt64
                access(all) let endsAt: UInt64?
                access(all) var minted: UInt64

                init(id: String, passID: String, supply: UInt64, price: UFix64, startsAt: UInt64, endsAt: UInt64?) {
                    self.id = id
                    self.passID = passID
                    self.supply = supply
                    self.price = price
                    self.startsAt = startsAt
                    self.endsAt = endsAt
                    self.minted = 0
                }

                access(contract) fun take(): Bool {
                    if self.minted >= self.supply {
                        return false
                    }
                    self.minted = self.minted + 1
                    return true
                }
            }

            access(self) let passes: {String: Pass}
            access(self) let releases: {String: Release}
            access(self) let claims: {UInt64: String}
            /// The rows of airdrops that have been carried out: a row is dropped once, whoever asks again.
            access(self) let dropped: {String: UInt64}
            /// The batches of mints that have been carried out: a batch is minted once, whoever asks again.
            access(self) let batches: {String: Bool}
            access(self) let lockers: @{String: Collection}

            access(all) view fun getPass(_ id: String): Pass? {
                return self.passes[id]
            }

            access(all) view fun getRelease(_ id: String): Release? {
                return self.releases[id]
            }

            /// The operation that claimed this token, or nil.
            access(all) view fun getClaim(_ id: UInt64): String? {
                return self.claims[id]
            }

            /// The token that an airdrop's row became, or nil.
            access(all) view fun getDropped(_ dropID: String): UInt64? {
                return self.dropped[dropID]
            }

            access(all) view fun isBatchMinted(_ batch: String): Bool {
                return self.batches[batch] != nil
            }

            access(all) view fun getLockerIDs(_ holder: String): [UInt64] {
                return self.lockers[holder]?.getIDs() ?? []
            }

            /// Where this address takes passes, or nil where it is not set up for them.
            access(all) view fun borrowReceiver(_ address: Address?): &NovaPass.Collection? {
                if address == nil {
                    return nil
                }
                return getAccount(address!).capabilities.borrow<&NovaPass.Collection>(NovaPass.CollectionPublicPath)
            }

            access(all) resource NFT: NonFungibleToken.NFT {
                access(all) let id: UInt64
                access(all) let passID: String
                access(all) let releaseID: String
                access(all) let serial: UInt64

                access(all) event ResourceDestroyed(id: UInt64 = self.id, passID: String = self.passID, serial: UInt64 = self.serial)

                init(passID: String, releaseID: String, serial: UInt64) {
                    self.id = self.uuid
                    self.passID = passID
                    self.releaseID = releaseID
                    self.serial = serial
                }

                access(all) fun createEmptyCollection(): @{NonFungibleToken.Collection} {
                    return <-NovaPass.createEmptyCollection(nftType: Type<@NovaPass.NFT>())
                }

                access(all) view fun getViews(): [Type] {
                    return [
                        Type<MetadataViews.Display>(),
                        Type<MetadataViews.Serial>(),
                        Type<MetadataViews.Editions>(),
                        Type<MetadataViews.Royalties>(),
                        Type<MetadataViews.NFTCollectionData>(),
                        Type<MetadataViews.NFTCollectionDisplay>()
                    ]
                }

                access(all) fun resolveView(_ view: Type): AnyStruct? {
                    let pass = NovaPass.passes[self.passID]!
                    switch view {
                        case Type<MetadataViews.Display>():
                            return MetadataViews.Display(
                                name: "\(pass.name) #\(self.serial)",
                                description: pass.description,
                                thumbnail: MetadataViews.HTTPFile(url: pass.image)
                            )
                        case Type<MetadataViews.Serial>():
                            return MetadataViews.Serial(self.serial)
                        case Type<MetadataViews.Editions>():
                            return MetadataViews.Editions([
                                MetadataViews.Edition(name: pass.name, number: self.serial, max: pass.maxSupply)
                            ])
                        case Type<MetadataViews.Royalties>():
                            return MetadataViews.Royalties([])
                        default:
                            return NovaPass.resolveContractView(resourceType: self.getType(), viewType: view)
                    }
                }
            }

            access(all) resource Collection: NonFungibleToken.Collection {
                access(all) var ownedNFTs: @{UInt64: {NonFungibleToken.NFT}}

                init() {
                    self.ownedNFTs <- {}
                }

                access(all) view fun getSupportedNFTTypes(): {Type: Bool} {
                    return {Type<@NovaPass.NFT>(): true}
                }

                access(all) view fun isSupportedNFTType(type: Type): Bool {
                    return type == Type<@NovaPass.NFT>()
                }

                access(NonFungibleToken.Withdraw) fun withdraw(withdrawID: UInt64): @{NonFungibleToken.NFT} {
                    return <-(self.ownedNFTs.remove(key: withdrawID) ?? panic("NovaPass: no token \(withdrawID) in this collection"))
                }

                access(all) fun deposit(token: @{NonFungibleToken.NFT}) {
                    let pass <- token as! @NovaPass.NFT
                    let replaced <- self.ownedNFTs[pass.id] <- pass
                    destroy replaced
                }

                access(all) view fun getIDs(): [UInt64] {
                    return self.ownedNFTs.keys
                }

                access(all) view fun getLength(): Int {
                    return self.ownedNFTs.length
                }

                access(all) view fun borrowNFT(_ id: UInt64): &{NonFungibleToken.NFT}? {
                    return &self.ownedNFTs[id]
                }

                access(all) view fun borrowPass(_ id: UInt64): &NovaPass.NFT? {
                    return self.borrowNFT(id) as! &NovaPass.NFT?
                }

                access(all) fun createEmptyCollection(): @{NonFungibleToken.Collection} {
                    return <-NovaPass.createEmptyCollection(nftType: Type<@NovaPass.NFT>())
                }
            }

            /// Held by the platform's account alone.
            access(all) resource Operator {

                access(all) fun createPass(
                    id: String,
                    brandID: String,
                    name: String,
                    description: String,
                    image: String,
                    maxSupply: UInt64?,
                    operation: String
                ) {
                    if NovaPass.passes[id] != nil {
                        emit Rejected(operation: operation, item: id, reason: "exists")
                        return
                    }
                    if !NovaBrand.isActive(brandID) {
                        emit Rejected(operation: operation, item: id, reason: "inactive_brand")
                        return
                    }
                    NovaPass.passes[id] = Pass(
                        id: id, brandID: brandID, name: name, description: description, image: image, maxSupply: maxSupply
                    )
                    emit PassCreated(passID: id, brandID: brandID, name: name, maxSupply: maxSupply, operation: operation)
                }

                access(all) fun scheduleRelease(
                    id: String,
                    passID: String,
                    supply: UInt64,
                    price: UFix64,
                    startsAt: UInt64,
                    endsAt: UInt64?,
                    operation: String
                ) {
                    if NovaPass.releases[id] != nil {
                        emit Rejected(operation: operation, item: id, reason: "exists")
                        return
                    }
                    if NovaPass.passes[passID] == nil {
                        emit Rejected(operation: operation, item: id, reason: "unknown_pass")
                        return
                    }
                    NovaPass.releases[id] = Release(
                        id: id, passID: passID, supply: supply, price: price, startsAt: startsAt, endsAt: endsAt
                    )
                    emit ReleaseScheduled(
                        releaseID: id,
                        passID: passID,
                        supply: supply,
                        price: price,
                        startsAt: startsAt,
                        endsAt: endsAt,
                        operation: operation
                    )
                }

                /// Begins a batch of mints of a release, or returns nil, having said why. Batches may come in any order.
                access(all) fun beginBatch(_ batch: String, releaseID: String, operation: String): Release? {
                    if NovaPass.batches[batch] != nil {
                        emit Rejected(operation: operation, item: batch, reason: "already_minted")
                        return nil
                    }
                    if NovaPass.releases[releaseID] == nil {
                        emit Rejected(operation: operation, item: releaseID, reason: "unknown_release")
                        return nil
                    }
                    NovaPass.batches[batch] = true
                    return NovaPass.releases[releaseID]
                }

                /// Mints the next token of a release, or returns nil, having said why.
                access(all) fun mint(releaseID: String, operation: String): @NovaPass.NFT? {
                    let found = NovaPass.releases[releaseID]
                    if found == nil {
                        emit Rejected(operation: operation, item: releaseID, reason: "unknown_release")
                        return nil
                    }
                    let release = found!
                    let pass = NovaPass.passes[release.passID]!
                    if !NovaBrand.isActive(pass.brandID) {
                        emit Rejected(operation: operation, item: releaseID, reason: "inactive_brand")
                        return nil
                    }
                    if !release.take() {
                        emit Rejected(operation: operation, item: releaseID, reason: "release_exhausted")
                        return nil
                    }
                    let serial = pass.takeSerial()
                    if serial == nil {
                        emit Rejected(operation: operation, item: releaseID, reason: "supply_exhausted")
                        return nil
                    }
                    NovaPass.releases[releaseID] = release
                    NovaPass.passes[pass.id] = pass
                    let token <- create NFT(passID: pass.id, releaseID: releaseID, serial: serial!)
                    emit Minted(id: token.id, passID: pass.id, releaseID: releaseID, serial: serial!, operation: operation)
                    return <-token
                }

                /// Carries out one row of an airdrop: mints the next token of the release and gives it away.
                access(all) fun airdrop(releaseID: String, dropID: String, to: Address?, holder: String?, operation: String) {
                    if NovaPass.dropped[dropID] != nil {
                        emit Rejected(operation: operation, item: dropID, reason: "already_dropped")
                        return
                    }
                    if NovaPass.borrowReceiver(to) == nil && holder == nil {
                        emit Rejected(operation: operation, item: dropID, reason: "no_collection")
                        return
                    }
                    if let token <- self.mint(releaseID: releaseID, operation: operation) {
                        NovaPass.dropped[dropID] = token.id
                        self.give(token: <-token, to: to, holder: holder, operation: operation)
                    }
                }

                /// Gives a token to the account `to`, or, where there is no account that can take it, to the locker of `holder`.
                access(all) fun give(token: @NovaPass.NFT, to: Address?, holder: String?, operation: String) {
                    if let receiver = NovaPass.borrowReceiver(to) {
                        emit Delivered(id: token.id, passID: token.passID, to: to!, operation: operation)
                        receiver.deposit(token: <-token)
                        return
                    }
                    let key = holder ?? panic("NovaPass: nobody to give token \(token.id) to")
                    if NovaPass.lockers[key] == nil {
                        let replaced <- NovaPass.lockers[key] <- create Collection()
                        destroy replaced
                    }
                    emit Held(id: token.id, passID: token.passID, holder: key, operation: operation)
                    let locker = (&NovaPass.lockers[key] as &Collection?)!
                    locker.deposit(token: <-token)
                }

                /// Moves tokens from an owner's locker to the wallet that the owner has linked.
                access(all) fun releaseFromLocker(holder: String, ids: [UInt64], to: Address, operation: String) {
                    let receiver = NovaPass.borrowReceiver(to)
                    if receiver == nil {
                        emit Rejected(operation: operation, item: to.toString(), reason: "no_collection")
                        return
                    }
                    for id in ids {
                        let locker = &NovaPass.lockers[holder] as auth(NonFungibleToken.Withdraw) &Collection?
                        if locker == nil || locker!.borrowNFT(id) == nil {
                            emit Rejected(operation: operation, item: id.toString(), reason: "not_held")
                            continue
                        }
                        let token <- locker!.withdraw(withdrawID: id) as! @NovaPass.NFT
                        emit Released(id: id, passID: token.passID, holder: holder, to: to, operation: operation)
                        receiver!.deposit(token: <-token)
                    }
                }

                access(all) fun claim(id: UInt64, passID: String, operation: String) {
                    if NovaPass.claims[id] != nil {
                        emit Rejected(operation: operation, item: id.toString(), reason: "already_claimed")
                        return
                    }
                    NovaPass.claims[id] = operation
                    emit Claimed(id: id, passID: passID, operation: operation)
                }

                access(all) fun reject(operation: String, item: String, reason: String) {
                    emit Rejected(operation: operation, item: item, reason: reason)
                }
            }

            access(all) fun createEmptyCollection(nftType: Type): @{NonFungibleToken.Collection} {
                return <-create Collection()
            }

            access(all) view fun getContractViews(resourceType: Type?): [Type] {
                return [Type<MetadataViews.NFTCollectionData>(), Type<MetadataViews.NFTCollectionDisplay>()]
            }

            access(all) fun resolveContractView(resourceType: Type?, viewType: Type): AnyStruct? {
                switch viewType {
                    case Type<MetadataViews.NFTCollectionData>():
                        return MetadataViews.NFTCollectionData(
                            storagePath: self.CollectionStoragePath,
                            publicPath: self.CollectionPublicPath,
                            publicCollection: Type<&NovaPass.Collection>(),
                            publicLinkedType: Type<&NovaPass.Collection>(),
                            createEmptyCollectionFunction: (fun(): @{NonFungibleToken.Collection} {
                                return <-NovaPass.createEmptyCollection(nftType: Type<@NovaPass.NFT>())
                            })
                        )
                    case Type<MetadataViews.NFTCollectionDisplay>():
                        let media = MetadataViews.Media(
                            file: MetadataViews.HTTPFile(url: "https://app.example.com/pass.svg"),
                            mediaType: "image/svg+xml"
                        )
                        return MetadataViews.NFTCollectionDisplay(
                            name: "NovaBrand passes",
                            description: "Digital memberships of brands",
                            externalURL: MetadataViews.ExternalURL("https://app.example.com"),
                            squareImage: media,
                            bannerImage: media,
                            socials: {}
                        )
                }
                return nil
            }

            init() {
                self.passes = {}
                self.releases = {}
                self.claims = {}
                self.dropped = {}
                self.batches = {}
                self.lockers <- {}
                self.CollectionStoragePath = /storage/novaPassCollection
                self.CollectionPublicPath = /public/novaPassCollection
                self.OperatorStoragePath = /storage/novaPassOperator
                self.account.storage.save(<-create Operator(), to: self.OperatorStoragePath)

                // The treasury: what is minted and not yet sold lies here.
                self.account.storage.save(<-create Collection(), to: self.CollectionStoragePath)
                let treasury = self.account.capabilities.storage.issue<&NovaPass.Collection>(self.CollectionStoragePath)
                self.account.capabilities.publish(treasury, at: self.CollectionPublicPath)
            }
        }

        """##,
    ]

    public static let transactions: [String: String] = [
        "add_key": ##"""
        /// Adds a key to this account. 64 bytes as hex, Cadence's raw values of the algorithms, weight: to rotate a key, this
        /// comes first, then revoke_keys for the old one.
        transaction(publicKey: String, signatureAlgorithm: UInt8, hashAlgorithm: UInt8, weight: UFix64) {
            prepare(account: auth(AddKey) &Account) {
                account.keys.add(
                    publicKey: PublicKey(
                        publicKey: publicKey.decodeHex(),
                        signatureAlgorithm: SignatureAlgorithm(rawValue: signatureAlgorithm)
                            ?? panic("unknown signature algorithm")
                    ),
                    hashAlgorithm: HashAlgorithm(rawValue: hashAlgorithm) ?? panic("unknown hash algorithm"),
                    weight: weight
                )
            }
        }

        """##,
        "add_proposal_keys": ##"""
        /// Adds `count` keys of no weight, all with this account's first key, to propose transactions with: each has a
        /// sequence number of its own, so that as many transactions can be under way at once.
        transaction(count: Int) {
            prepare(platform: auth(AddKey) &Account) {
                let first = platform.keys.get(keyIndex: 0) ?? panic("no key 0")
                var added = 0
                while added < count {
                    platform.keys.add(publicKey: first.publicKey, hashAlgorithm: first.hashAlgorithm, weight: 0.0)
                    added = added + 1
                }
            }
        }

        """##,
        "airdrop_passes": ##"""
        import "NovaPass"

        /// Carries out rows of pass airdrops: each mints a token for its recipient's account or, where no account can take
        /// it, for the recipient's locker. All arrays have one entry a row.
        transaction(
            operations: [String],
            releaseIDs: [String],
            dropIDs: [String],
            recipients: [Address?],
            holders: [String?]
        ) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaPass.Operator>(from: NovaPass.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                for i, operation in operations {
                    operator.airdrop(
                        releaseID: releaseIDs[i],
                        dropID: dropIDs[i],
                        to: recipients[i],
                        holder: holders[i],
                        operation: operation
                    )
                }
            }
        }

        """##,
        "burn_pass": ##"""
        import "Burner"
        import "NonFungibleToken"
        import "NovaPass"

        /// Destroys a pass. Signed by the owner's wallet.
        transaction(id: UInt64) {
            prepare(user: auth(BorrowValue) &Account) {
                let collection = user.storage.borrow<auth(NonFungibleToken.Withdraw) &NovaPass.Collection>(
                    from: NovaPass.CollectionStoragePath
                ) ?? panic("no collection of passes")
                Burner.burn(<-collection.withdraw(withdrawID: id))
            }
        }

        """##,
        "claim_tokens": ##"""
        import "NovaPass"

        /// Marks tokens as claimed. All arrays have one entry a token.
        transaction(operations: [String], ids: [UInt64], passIDs: [String]) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaPass.Operator>(from: NovaPass.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                for i, id in ids {
                    operator.claim(id: id, passID: passIDs[i], operation: operations[i])
                }
            }
        }

        """##,
        "create_account": ##"""
        /// Creates an account with these keys. One entry a key: 64 bytes as hex, Cadence's raw values of the algorithms, weight.
        transaction(publicKeys: [String], signatureAlgorithms: [UInt8], hashAlgorithms: [UInt8], weights: [UFix64]) {
            prepare(payer: auth(BorrowValue) &Account) {
                let account = Account(payer: payer)
                for i, key in publicKeys {
                    account.keys.add(
                        publicKey: PublicKey(
                            publicKey: key.decodeHex(),
                            signatureAlgorithm: SignatureAlgorithm(rawValue: signatureAlgorithms[i])
                                ?? panic("unknown signature algorithm")
                        ),
                        hashAlgorithm: HashAlgorithm(rawValue: hashAlgorithms[i]) ?? panic("unknown hash algorithm"),
                        weight: weights[i]
                    )
                }
            }
        }

        """##,
        "create_brands": ##"""
        import "NovaBrand"

        /// Registers brands. All arrays have one entry a brand.
        transaction(operations: [String], ids: [String], names: [String]) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaBrand.Operator>(from: NovaBrand.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                for i, id in ids {
                    operator.createBrand(id: id, name: names[i], operation: operations[i])
                }
            }
        }

        """##,
        "create_collectibles": ##"""
        import "NovaCollectible"

        /// Registers collectibles. All arrays have one entry a collectible.
        transaction(
            operations: [String],
            ids: [String],
            passIDs: [String],
            brandIDs: [String],
            activations: [String],
            names: [String],
            descriptions: [String],
            images: [String],
            maxSupplies: [UInt64?]
        ) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaCollectible.Operator>(from: NovaCollectible.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                for i, id in ids {
                    operator.createCollectible(
                        id: id,
                        passID: passIDs[i],
                        brandID: brandIDs[i],
                        activation: activations[i],
                        name: names[i],
                        description: descriptions[i],
                        image: images[i],
                        maxSupply: maxSupplies[i],
                        operation: operations[i]
                    )
                }
            }
        }

        """##,
        "create_passes": ##"""
        import "NovaPass"

        /// Registers passes. All arrays have one entry a pass.
        transaction(
            operations: [String],
            ids: [String],
            brandIDs: [String],
            names: [String],
            descriptions: [String],
            images: [String],
            maxSupplies: [UInt64?]
        ) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaPass.Operator>(from: NovaPass.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                for i, id in ids {
                    operator.createPass(
                        id: id,
                        brandID: brandIDs[i],
                        name: names[i],
                        description: descriptions[i],
                        image: images[i],
                        maxSupply: maxSupplies[i],
                        operation: operations[i]
                    )
                }
            }
        }

        """##,
        "create_submissions": ##"""
        import "NovaBrand"

        /// Records user submissions. All arrays have one entry a submission.
        transaction(
            operations: [String],
            ids: [String],
            campaignIDs: [String],
            brandIDs: [String],
            submitters: [String],
            contentHashes: [String]
        ) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaBrand.Operator>(from: NovaBrand.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                for i, id in ids {
                    operator.createSubmission(
                        id: id,
                        campaignID: campaignIDs[i],
                        brandID: brandIDs[i],
                        submitter: submitters[i],
                        contentHash: contentHashes[i],
                        operation: operations[i]
                    )
                }
            }
        }

        """##,
        "deliver_purchases": ##"""
        import "NonFungibleToken"
        import "NFTStorefrontV2"
        import "NovaPass"

        /// Gives tokens that were paid for off chain to their buyers: takes them out of the treasury, takes their listings
        /// down, and delivers them, to the buyer's account or, where no account can take them, to the buyer's locker.
        /// All arrays have one entry a purchase.
        transaction(operations: [String], ids: [UInt64], recipients: [Address?], holders: [String?]) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaPass.Operator>(from: NovaPass.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                let treasury = platform.storage.borrow<auth(NonFungibleToken.Withdraw) &NovaPass.Collection>(
                    from: NovaPass.CollectionStoragePath
                ) ?? panic("no treasury")
                let storefront = platform.storage.borrow<auth(NFTStorefrontV2.RemoveListing) &NFTStorefrontV2.Storefront>(
                    from: NFTStorefrontV2.StorefrontStoragePath
                )

                for i, id in ids {
                    let operation = operations[i]
                    if treasury.borrowNFT(id) == nil {
                        operator.reject(operation: operation, item: id.toString(), reason: "not_in_treasury")
                        continue
                    }
                    if NovaPass.borrowReceiver(recipients[i]) == nil && holders[i] == nil {
                        operator.reject(operation: operation, item: id.toString(), reason: "no_collection")
                        continue
                    }
                    if let front = storefront {
                        for listing in front.getExistingListingIDs(nftType: Type<@NovaPass.NFT>(), nftID: id) {
                            front.removeListing(listingResourceID: listing)
                        }
                    }
                    let token <- treasury.withdraw(withdrawID: id) as! @NovaPass.NFT
                    operator.give(token: <-token, to: recipients[i], holder: holders[i], operation: operation)
                }
            }
        }

        """##,
        "deploy_contract": ##"""
        /// Deploys a contract to this account, or updates it where it is there already.
        transaction(name: String, code: String) {
            prepare(account: auth(AddContract, UpdateContract) &Account) {
                if account.contracts.get(name: name) == nil {
                    account.contracts.add(name: name, code: code.utf8)
                } else {
                    account.contracts.update(name: name, code: code.utf8)
                }
            }
        }

        """##,
        "drop_collectibles": ##"""
        import "NovaCollectible"

        /// Carries out rows of drops. All arrays have one entry a row.
        transaction(
            operations: [String],
            collectibleIDs: [String],
            dropIDs: [String],
            recipients: [Address?],
            holders: [String?]
        ) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaCollectible.Operator>(from: NovaCollectible.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                for i, operation in operations {
                    operator.drop(
                        collectibleID: collectibleIDs[i],
                        dropID: dropIDs[i],
                        to: recipients[i],
                        holder: holders[i],
                        operation: operation
                    )
                }
            }
        }

        """##,
        "mint_and_list": ##"""
        import "FungibleToken"
        import "FlowToken"
        import "NonFungibleToken"
        import "NFTStorefrontV2"
        import "NovaPass"

        /// Mints the next `count` tokens of a release into the treasury and lists each of them for sale at the release's
        /// price. `batch` names these tokens: a batch that ran before is rejected, not run again, and batches of one release
        /// may be under way side by side. `expiry` is in Unix seconds.
        transaction(operation: String, releaseID: String, batch: String, count: Int, expiry: UInt64) {
            prepare(
                platform: auth(
                    BorrowValue, SaveValue, IssueStorageCapabilityController, PublishCapability, GetStorageCapabilityController
                ) &Account
            ) {
                let operator = platform.storage.borrow<&NovaPass.Operator>(from: NovaPass.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                let release = operator.beginBatch(batch, releaseID: releaseID, operation: operation)
                if release == nil {
                    return
                }

                if platform.storage.borrow<&NFTStorefrontV2.Storefront>(from: NFTStorefrontV2.StorefrontStoragePath) == nil {
                    platform.storage.save(<-NFTStorefrontV2.createStorefront(), to: NFTStorefrontV2.StorefrontStoragePath)
                    platform.capabilities.publish(
                        platform.capabilities.storage.issue<&{NFTStorefrontV2.StorefrontPublic}>(
                            NFTStorefrontV2.StorefrontStoragePath
                        ),
                        at: NFTStorefrontV2.StorefrontPublicPath
                    )
                }
                let storefront = platform.storage.borrow<auth(NFTStorefrontV2.CreateListing) &NFTStorefrontV2.Storefront>(
                    from: NFTStorefrontV2.StorefrontStoragePath
                ) ?? panic("no storefront")
                let treasury = platform.storage.borrow<&NovaPass.Collection>(from: NovaPass.CollectionStoragePath)
                    ?? panic("no treasury")

                var provider: Capability<auth(NonFungibleToken.Withdraw) &{NonFungibleToken.Collection}>? = nil
                for controller in platform.capabilities.storage.getControllers(forPath: NovaPass.CollectionStoragePath) {
                    if let found = controller.capability as? Capability<auth(NonFungibleToken.Withdraw) &{NonFungibleToken.Collection}> {
                        provider = found
                        break
                    }
                }
                if provider == nil {
                    provider = platform.capabilities.storage.issue<auth(NonFungibleToken.Withdraw) &{NonFungibleToken.Collection}>(
                        NovaPass.CollectionStoragePath
                    )
                }
                let proceeds = platform.capabilities.get<&{FungibleToken.Receiver}>(/public/flowTokenReceiver)

                var tried = 0
                while tried < count {
                    tried = tried + 1
                    if let pass <- operator.mint(releaseID: releaseID, operation: operation) {
                        let id = pass.id
                        treasury.deposit(token: <-pass)
                        storefront.createListing(
                            nftProviderCapability: provider!,
                            nftType: Type<@NovaPass.NFT>(),
                            nftID: id,
                            salePaymentVaultType: Type<@FlowToken.Vault>(),
                            saleCuts: [NFTStorefrontV2.SaleCut(receiver: proceeds, amount: release!.price)],
                            marketplacesCapability: nil,
                            customID: releaseID,
                            commissionAmount: 0.0,
                            expiry: expiry
                        )
                    } else {
                        break
                    }
                }
            }
        }

        """##,
        "purchase_pass": ##"""
        import "FungibleToken"
        import "FlowToken"
        import "NonFungibleToken"
        import "NFTStorefrontV2"
        import "NovaPass"

        /// Buys a listed pass. Signed by the buyer's wallet.
        transaction(storefront: Address, listingResourceID: UInt64) {
            let payment: @{FungibleToken.Vault}
            let collection: &NovaPass.Collection
            let listing: &{NFTStorefrontV2.ListingPublic}

            prepare(buyer: auth(BorrowValue) &Account) {
                self.collection = buyer.storage.borrow<&NovaPass.Collection>(from: NovaPass.CollectionStoragePath)
                    ?? panic("no collection of passes")
                let front = getAccount(storefront).capabilities
                    .borrow<&{NFTStorefrontV2.StorefrontPublic}>(NFTStorefrontV2.StorefrontPublicPath)
                    ?? panic("no storefront")
                self.listing = front.borrowListing(listingResourceID: listingResourceID) ?? panic("no such listing")
                let vault = buyer.storage.borrow<auth(FungibleToken.Withdraw) &FlowToken.Vault>(from: /storage/flowTokenVault)
                    ?? panic("no vault")
                self.payment <- vault.withdraw(amount: self.listing.getDetails().salePrice)
            }

            execute {
                self.collection.deposit(
                    token: <-self.listing.purchase(payment: <-self.payment, commissionRecipient: nil)
                )
            }
        }

        """##,
        "remove_listings": ##"""
        import "NFTStorefrontV2"

        /// Takes listings of the platform's storefront down: open, expired, ghost or bought; those that are gone already are passed over.
        transaction(listingResourceIDs: [UInt64]) {
            prepare(platform: auth(BorrowValue) &Account) {
                let storefront = platform.storage.borrow<auth(NFTStorefrontV2.RemoveListing) &NFTStorefrontV2.Storefront>(
                    from: NFTStorefrontV2.StorefrontStoragePath
                ) ?? panic("no storefront")
                for id in listingResourceIDs {
                    if storefront.borrowListing(listingResourceID: id) != nil {
                        storefront.removeListing(listingResourceID: id)
                    }
                }
            }
        }

        """##,
        "revoke_keys": ##"""
        /// Revokes keys of this account for good.
        transaction(indices: [Int]) {
            prepare(account: auth(RevokeKey) &Account) {
                for index in indices {
                    if account.keys.revoke(keyIndex: index) == nil {
                        panic("no key \(index)")
                    }
                }
            }
        }

        """##,
        "schedule_release": ##"""
        import "NovaPass"

        /// Schedules a release, before its tokens are minted.
        transaction(
            operation: String,
            releaseID: String,
            passID: String,
            supply: UInt64,
            price: UFix64,
            startsAt: UInt64,
            endsAt: UInt64?
        ) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaPass.Operator>(from: NovaPass.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                operator.scheduleRelease(
                    id: releaseID,
                    passID: passID,
                    supply: supply,
                    price: price,
                    startsAt: startsAt,
                    endsAt: endsAt,
                    operation: operation
                )
            }
        }

        """##,
        "set_brand_status": ##"""
        import "NovaBrand"

        transaction(operation: String, id: String, status: UInt8) {
            prepare(platform: auth(BorrowValue) &Account) {
                let operator = platform.storage.borrow<&NovaBrand.Operator>(from: NovaBrand.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                operator.setBrandStatus(id: id, status: status, operation: operation)
            }
        }

        """##,
        "settle_linked_wallet": ##"""
        import "NovaPass"
        import "NovaCollectible"

        /// Moves what a user's locker holds to the wallet that the user has linked.
        transaction(operation: String, holder: String, to: Address, passIDs: [UInt64], collectibleIDs: [UInt64]) {
            prepare(platform: auth(BorrowValue) &Account) {
                let passes = platform.storage.borrow<&NovaPass.Operator>(from: NovaPass.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                let collectibles = platform.storage.borrow<&NovaCollectible.Operator>(from: NovaCollectible.OperatorStoragePath)
                    ?? panic("this account is not the platform's")
                if passIDs.length > 0 {
                    passes.releaseFromLocker(holder: holder, ids: passIDs, to: to, operation: operation)
                }
                if collectibleIDs.length > 0 {
                    collectibles.releaseFromLocker(holder: holder, ids: collectibleIDs, to: to, operation: operation)
                }
            }
        }

        """##,
        "setup_wallet": ##"""
        import "NonFungibleToken"
        import "NovaPass"
        import "NovaCollectible"

        /// Prepares a user's account to take passes and collectibles. Signed by the user's wallet; safe to repeat.
        transaction {
            prepare(user: auth(BorrowValue, SaveValue, IssueStorageCapabilityController, PublishCapability, UnpublishCapability) &Account) {
                if user.storage.borrow<&NovaPass.Collection>(from: NovaPass.CollectionStoragePath) == nil {
                    user.storage.save(
                        <-NovaPass.createEmptyCollection(nftType: Type<@NovaPass.NFT>()),
                        to: NovaPass.CollectionStoragePath
                    )
                }
                if user.capabilities.borrow<&NovaPass.Collection>(NovaPass.CollectionPublicPath) == nil {
                    user.capabilities.unpublish(NovaPass.CollectionPublicPath)
                    user.capabilities.publish(
                        user.capabilities.storage.issue<&NovaPass.Collection>(NovaPass.CollectionStoragePath),
                        at: NovaPass.CollectionPublicPath
                    )
                }
                if user.storage.borrow<&NovaCollectible.Collection>(from: NovaCollectible.CollectionStoragePath) == nil {
                    user.storage.save(
                        <-NovaCollectible.createEmptyCollection(nftType: Type<@NovaCollectible.NFT>()),
                        to: NovaCollectible.CollectionStoragePath
                    )
                }
                if user.capabilities.borrow<&NovaCollectible.Collection>(NovaCollectible.CollectionPublicPath) == nil {
                    user.capabilities.unpublish(NovaCollectible.CollectionPublicPath)
                    user.capabilities.publish(
                        user.capabilities.storage.issue<&NovaCollectible.Collection>(NovaCollectible.CollectionStoragePath),
                        at: NovaCollectible.CollectionPublicPath
                    )
                }
            }
        }

        """##,
        "transfer_flow": ##"""
        import "FungibleToken"
        import "FlowToken"

        /// Pays FLOW to another account.
        transaction(amount: UFix64, to: Address) {
            prepare(payer: auth(BorrowValue) &Account) {
                let vault = payer.storage.borrow<auth(FungibleToken.Withdraw) &FlowToken.Vault>(from: /storage/flowTokenVault)
                    ?? panic("no vault")
                let receiver = getAccount(to).capabilities.borrow<&{FungibleToken.Receiver}>(/public/flowTokenReceiver)
                    ?? panic("the recipient cannot take FLOW")
                receiver.deposit(from: <-vault.withdraw(amount: amount))
            }
        }

        """##,
        "transfer_pass": ##"""
        import "NonFungibleToken"
        import "NovaPass"

        /// Gives a pass to another account. Signed by the owner's wallet.
        transaction(id: UInt64, to: Address) {
            prepare(user: auth(BorrowValue) &Account) {
                let collection = user.storage.borrow<auth(NonFungibleToken.Withdraw) &NovaPass.Collection>(
                    from: NovaPass.CollectionStoragePath
                ) ?? panic("no collection of passes")
                let receiver = getAccount(to).capabilities.borrow<&NovaPass.Collection>(NovaPass.CollectionPublicPath)
                    ?? panic("the recipient cannot take passes")
                receiver.deposit(token: <-collection.withdraw(withdrawID: id))
            }
        }

        """##,
    ]

    public static let scripts: [String: String] = [
        "holdings": ##"""
        import "NovaPass"
        import "NovaCollectible"

        /// What each account holds: the ids of its passes and of its collectibles. An account that is not set up has nil.
        access(all) struct Holdings {
            access(all) let address: Address
            access(all) let passes: [UInt64]?
            access(all) let collectibles: [UInt64]?

            init(address: Address, passes: [UInt64]?, collectibles: [UInt64]?) {
                self.address = address
                self.passes = passes
                self.collectibles = collectibles
            }
        }

        access(all) fun main(addresses: [Address]): [Holdings] {
            let all: [Holdings] = []
            for address in addresses {
                let account = getAccount(address)
                all.append(Holdings(
                    address: address,
                    passes: account.capabilities.borrow<&NovaPass.Collection>(NovaPass.CollectionPublicPath)?.getIDs(),
                    collectibles: account.capabilities
                        .borrow<&NovaCollectible.Collection>(NovaCollectible.CollectionPublicPath)?.getIDs()
                ))
            }
            return all
        }

        """##,
        "holds": ##"""
        import "NovaPass"

        /// Of these tokens, those that the account holds now: a bounded check, whatever the size of its collection.
        access(all) fun main(address: Address, ids: [UInt64]): [UInt64] {
            let held: [UInt64] = []
            if let collection = getAccount(address).capabilities.borrow<&NovaPass.Collection>(NovaPass.CollectionPublicPath) {
                for id in ids {
                    if collection.borrowNFT(id) != nil {
                        held.append(id)
                    }
                }
            }
            return held
        }

        """##,
        "listings": ##"""
        import "NFTStorefrontV2"

        /// The listings of a storefront that are still for sale: listing id to token id. A listing that was bought stays in
        /// its storefront until it is removed; it is left out here. Ghosts and expired ones are not.
        access(all) fun main(storefront: Address): {UInt64: UInt64} {
            let all: {UInt64: UInt64} = {}
            if let front = getAccount(storefront).capabilities
                .borrow<&{NFTStorefrontV2.StorefrontPublic}>(NFTStorefrontV2.StorefrontPublicPath) {
                for id in front.getListingIDs() {
                    if let listing = front.borrowListing(listingResourceID: id) {
                        let details = listing.getDetails()
                        if !details.purchased {
                            all[id] = details.nftID
                        }
                    }
                }
            }
            return all
        }

        """##,
        "lockers": ##"""
        import "NovaPass"
        import "NovaCollectible"

        /// The ids of the passes and of the collectibles in each holder's locker.
        access(all) fun main(holders: [String]): {String: [[UInt64]]} {
            let all: {String: [[UInt64]]} = {}
            for holder in holders {
                all[holder] = [NovaPass.getLockerIDs(holder), NovaCollectible.getLockerIDs(holder)]
            }
            return all
        }

        """##,
    ]

    public static let flowJSON = ##"""
        {
          "networks": {
            "emulator": "127.0.0.1:3569",
            "testing": "127.0.0.1:3569",
            "testnet": "access.devnet.nodes.onflow.org:9000",
            "mainnet": "access.mainnet.nodes.onflow.org:9000"
          },
          "contracts": {
            "NovaBrand": {
              "source": "./contracts/NovaBrand.cdc",
              "aliases": { "testing": "0000000000000007" }
            },
            "NovaPass": {
              "source": "./contracts/NovaPass.cdc",
              "aliases": { "testing": "0000000000000007" }
            },
            "NovaCollectible": {
              "source": "./contracts/NovaCollectible.cdc",
              "aliases": { "testing": "0000000000000007" }
            },
            "Burner": {
              "aliases": {
                "emulator": "f8d6e0586b0a20c7",
                "testing": "0000000000000001",
                "testnet": "9a0766d93b6608b7",
                "mainnet": "f233dcee88fe0abe"
              }
            },
            "FlowFees": {
              "aliases": {
                "emulator": "e5a8b7f23e8b548f",
                "testing": "0000000000000004",
                "testnet": "912d5440f7e3769e",
                "mainnet": "f919ee77447b7497"
              }
            },
            "FlowToken": {
              "aliases": {
                "emulator": "0ae53cb6e3f42a79",
                "testing": "0000000000000003",
                "testnet": "7e60df042a9c0868",
                "mainnet": "1654653399040a61"
              }
            },
            "FungibleToken": {
              "aliases": {
                "emulator": "ee82856bf20e2aa6",
                "testing": "0000000000000002",
                "testnet": "9a0766d93b6608b7",
                "mainnet": "f233dcee88fe0abe"
              }
            },
            "MetadataViews": {
              "aliases": {
                "emulator": "f8d6e0586b0a20c7",
                "testing": "0000000000000001",
                "testnet": "631e88ae7f1d7c20",
                "mainnet": "1d7e57aa55817448"
              }
            },
            "NFTStorefrontV2": {
              "aliases": {
                "emulator": "f8d6e0586b0a20c7",
                "testing": "0000000000000001",
                "testnet": "2d55b98eb200daef",
                "mainnet": "4eb8a10cb9f87357"
              }
            },
            "NonFungibleToken": {
              "aliases": {
                "emulator": "f8d6e0586b0a20c7",
                "testing": "0000000000000001",
                "testnet": "631e88ae7f1d7c20",
                "mainnet": "1d7e57aa55817448"
              }
            },
            "ViewResolver": {
              "aliases": {
                "emulator": "f8d6e0586b0a20c7",
                "testing": "0000000000000001",
                "testnet": "631e88ae7f1d7c20",
                "mainnet": "1d7e57aa55817448"
              }
            }
          },
          "accounts": {
            "platform": {
              "address": "179b6b1cb6755e31",
              "key": { "type": "file", "location": "platform.pkey" }
            }
          },
          "deployments": {
            "emulator": {
              "platform": ["NovaBrand", "NovaPass", "NovaCollectible"]
            },
            "testnet": {},
            "mainnet": {}
          }
        }

        """##
}
