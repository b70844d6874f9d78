// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {IMeasurementPolicy} from "../../../contracts/interfaces/IMeasurementPolicy.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {EnclaveBinding, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {DatasetId, GrantHash, JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {JobInput, JobOffer, JobOrder, JobParams, JobRequest} from "../../../contracts/types/JobParams.sol";
import {NodePolicy} from "../../../contracts/types/NodePolicy.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {GRANT_COMPUTE, Terms} from "../../../contracts/types/Terms.sol";
import {Check} from "./Check.sol";
import {StubVerifier} from "./StubVerifier.sol";
import {vm} from "./Vm.sol";

interface ITestMoney is IERC20 {
    function mint(address to, uint256 amount) external;
}

/// @dev A job as its requester knows it.
struct Posted {
    JobId id;
    bytes32 salt;
    JobParams params;
}

/// @dev A whole deployment, its people, and a factory for each struct. A test changes what it is about.
abstract contract Kit is Check {
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant STAKE = 1_000e18;
    uint96 internal constant BOND = 100e18;
    uint96 internal constant PRICE = 3e18;
    uint96 internal constant FEE = 2e18;
    uint16 internal constant PROTOCOL_FEE_BPS = 100;
    /// @dev Of a job on one grant.
    uint96 internal constant PROTOCOL_FEE = 5e16;
    bytes32 internal constant MEASUREMENT = keccak256("supervisor 1");
    bytes internal constant RESULT = "sealed result";

    uint256 internal constant OWNER_KEY = 0xa002;
    uint256 internal constant WORKER_KEY = 0xa003;
    uint256 internal constant GUARDIAN_KEY = 0xa004;

    address internal immutable OWNER = vm.addr(OWNER_KEY);
    address internal immutable WORKER = vm.addr(WORKER_KEY);
    address internal constant REQUESTER = address(0xb001);
    address internal constant OPERATOR = address(0xb002);
    address internal constant STRANGER = address(0xb003);
    address internal constant SECOND_OPERATOR = address(0xb004);

    IAccessManager internal authority;
    ITestMoney internal token;
    IMeasurementPolicy internal measurements;
    IDatasetRegistry internal datasets;
    INodeRegistry internal nodes;
    IGrantRegistry internal grants;
    IJobMarket internal market;
    IEvidenceVerifier internal verifier;

    DatasetId internal datasetId;
    NodeId internal nodeId;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(1000);
        deploy();
        datasetId = registerDataset(OWNER, "first");
        nodeId = registerNode(OPERATOR, 7, uint96(STAKE));
        addKey(nodeId, OPERATOR, WORKER_KEY, KEY_WORKER);
        fund(REQUESTER, 1_000_000e18);
    }

    /// @dev Blocks; 0 lets the first claim win.
    function raceUnit() internal pure virtual returns (uint256) {
        return 0;
    }

    function deploy() internal {
        bytes memory admin = abi.encode(address(this));
        authority = IAccessManager(create(vm.getCode("AccessManager.sol:AccessManager"), admin));
        token = ITestMoney(make("dev", "DevToken", ""));
        address metadata = make("compute", "NodeMetadata", "");
        address ownerKeys = make("storage", "OwnerKeys", "");
        // Each is told addresses of contracts that come later.
        uint64 nonce = vm.getNonce(address(this));
        address laterNodes = vm.computeCreateAddress(address(this), nonce + 2);
        address laterMarket = vm.computeCreateAddress(address(this), nonce + 4);
        bytes memory watched = abi.encode(authority, laterNodes);
        measurements = IMeasurementPolicy(make("attestation", "MeasurementPolicy", watched));
        datasets = IDatasetRegistry(make("storage", "DatasetRegistry", abi.encode(laterNodes, ownerKeys)));
        bytes memory arguments = abi.encode(token, measurements, laterMarket, authority, BOND, metadata);
        nodes = INodeRegistry(make("compute", "NodeRegistry", arguments));
        eq(address(nodes), laterNodes);
        grants = IGrantRegistry(make("access", "GrantRegistry", abi.encode(datasets, laterMarket)));
        market = IJobMarket(make("compute", "JobMarket", abi.encode(grants, nodes, authority, raceUnit())));
        eq(address(market), laterMarket);
        // Evidence itself is the subject of test/contracts/attestation and of test/node/attestation.
        verifier = new StubVerifier(0, true);
        nodes.allowVerifier(verifier);
        measurements.allow(MEASUREMENT);
        market.allowToken(address(token), PROTOCOL_FEE_BPS, 1e16);
    }

    /// @dev From the artifact. `new` would compile the contract once more into every test.
    function make(string memory layer, string memory name, bytes memory arguments)
        internal
        virtual
        returns (address)
    {
        return create(vm.getCode(string.concat("contracts/", layer, "/", name, ".sol:", name)), arguments);
    }

    function create(bytes memory code, bytes memory arguments) internal returns (address made) {
        code = bytes.concat(code, arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            if iszero(made) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    // People

    function fund(address account, uint256 amount) internal {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(address(market), type(uint256).max);
    }

    // Datasets

    function registerDataset(address owner, bytes32 salt) internal returns (DatasetId) {
        vm.prank(owner);
        return datasets.registerDataset(salt, "manifest", "keybox", "guardians", commitments(2));
    }

    function commitments(uint256 count) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = keccak256(abi.encode("commitment", i));
        }
    }

    function firstHead() internal pure returns (DatasetHead memory) {
        return DatasetHead("manifest", "keybox", "guardians", foldOf(0, commitments(2)), 2);
    }

    function foldOf(bytes32 hash, bytes32[] memory list) internal pure returns (bytes32) {
        for (uint256 i = 0; i < list.length; ++i) {
            hash = keccak256(abi.encode(hash, list[i]));
        }
        return hash;
    }

    function rotateKeys(DatasetId id) internal {
        vm.prank(OWNER);
        datasets.publish(id, firstHead(), "manifest 2", "keybox 2", "guardians", 2, new bytes32[](0));
    }

    // Grants

    function makeTerms() internal view returns (Terms memory) {
        return Terms({
            owner: OWNER,
            grantee: REQUESTER,
            datasetId: datasetId,
            kind: GRANT_COMPUTE,
            maxUses: 5,
            price: PRICE,
            token: address(token),
            notBefore: uint40(START),
            expiresAt: uint40(START + 30 days),
            keyEpoch: 1,
            ownerEpoch: 0,
            measurementEpoch: uint40(START),
            followUpgrades: false,
            maxOutputBytes: 10_000,
            nodePolicy: NodePolicy({
                verifierKinds: 1,
                vendors: 1,
                minStake: uint96(STAKE),
                requesterMayNameNode: false
            }),
            scopeHash: "scope",
            salt: "salt"
        });
    }

    function giveGrant(Terms memory terms) internal returns (GrantHash) {
        vm.prank(terms.owner);
        return grants.grant(terms);
    }

    function one(Terms memory terms) internal pure returns (Terms[] memory list) {
        list = new Terms[](1);
        list[0] = terms;
    }

    /// @dev `count` grants of one owner on as many datasets, active, datasets ascending.
    function giveGrants(uint256 count) internal returns (Terms[] memory list) {
        list = new Terms[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = makeTerms();
            list[i].datasetId = registerDataset(OWNER, keccak256(abi.encode("many", i)));
            for (uint256 j = i; j > 0; --j) {
                if (DatasetId.unwrap(list[j].datasetId) > DatasetId.unwrap(list[j - 1].datasetId)) break;
                (list[j], list[j - 1]) = (list[j - 1], list[j]);
            }
        }
        for (uint256 i = 0; i < count; ++i) {
            giveGrant(list[i]);
        }
    }

    // Nodes

    function registerNode(address operator, uint8 roles, uint96 stake) internal returns (NodeId) {
        token.mint(operator, stake);
        vm.startPrank(operator);
        token.approve(address(nodes), stake);
        NodeId id = nodes.registerNode(roles, stake, "https://node.example");
        vm.stopPrank();
        return id;
    }

    function makeBinding(address operator, uint256 signerKey, uint8 keyClass)
        internal
        returns (EnclaveBinding memory)
    {
        bytes32 blockHash = keccak256("block 999");
        vm.setBlockhash(block.number - 1, blockHash);
        return EnclaveBinding({
            chainId: block.chainid,
            registry: address(nodes),
            signer: vm.addr(signerKey),
            kemKeyHash: keccak256(abi.encode("kem", signerKey)),
            operator: operator,
            keyClass: keyClass,
            blockNumber: uint64(block.number - 1),
            blockHash: blockHash,
            epoch: 1
        });
    }

    function makeReport(EnclaveBinding memory binding, uint64 until) internal view returns (bytes memory) {
        return abi.encodePacked(binding.signer, nodes.hashBinding(binding), "PSN1", until);
    }

    function makeEvidence(bytes32 measurement, bytes memory report) internal pure returns (bytes memory) {
        return abi.encode(measurement, report, type(uint40).max, uint8(0));
    }

    function addKey(NodeId id, address operator, uint256 signerKey, uint8 keyClass) internal {
        addKey(id, operator, signerKey, keyClass, MEASUREMENT);
    }

    function addKey(NodeId id, address operator, uint256 signerKey, uint8 keyClass, bytes32 measurement) internal {
        EnclaveBinding memory binding = makeBinding(operator, signerKey, keyClass);
        bytes memory evidence = makeEvidence(measurement, makeReport(binding, 0));
        bytes memory possession = signature(signerKey, nodes.bindingDigest(binding));
        vm.prank(operator);
        nodes.addEnclaveKey(id, binding, evidence, verifier, possession);
    }

    // Jobs

    function makeRequest(Terms[] memory terms) internal view returns (JobRequest memory) {
        return JobRequest({
            salt: "job",
            specHash: "spec",
            bundleDigest: "bundle",
            token: terms[0].token,
            fee: FEE,
            maxOutputBytes: 2048,
            offer: JobOffer({
                claimBy: uint40(block.timestamp + 1 hours),
                runSeconds: 1 hours,
                namedNode: NodeId.wrap(0),
                nodePolicy: terms[0].nodePolicy
            })
        });
    }

    /// @dev What the market makes of a request.
    function paramsOf(JobRequest memory request, Terms[] memory terms, address requester)
        internal
        view
        returns (JobParams memory params)
    {
        params.offer = request.offer;
        JobOrder memory order = params.order;
        order.requester = requester;
        order.specHash = request.specHash;
        order.bundleDigest = request.bundleDigest;
        order.token = request.token;
        order.fee = request.fee;
        order.maxOutputBytes = request.maxOutputBytes;
        order.inputs = new JobInput[](terms.length);
        uint256 sum = request.fee;
        for (uint256 i = 0; i < terms.length; ++i) {
            order.inputs[i] = JobInput({
                datasetId: terms[i].datasetId,
                grantHash: grants.hashTerms(terms[i]),
                owner: terms[i].owner,
                price: terms[i].price
            });
            sum += terms[i].price;
        }
        order.protocolFee = uint96((sum * market.tokenOf(request.token).protocolFeeBps) / 10_000);
    }

    function submit(JobRequest memory request, Terms[] memory terms, address requester)
        internal
        returns (Posted memory job)
    {
        job.params = paramsOf(request, terms, requester);
        job.salt = request.salt;
        vm.prank(requester);
        job.id = market.submitJob(request, terms);
    }

    function submit(JobRequest memory request, Terms[] memory terms) internal returns (Posted memory) {
        return submit(request, terms, REQUESTER);
    }

    /// @dev An open job on one grant.
    function openJob() internal returns (Posted memory) {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        return submit(makeRequest(one(terms)), one(terms));
    }

    /// @dev A job on one grant, claimed by the first node.
    function claimedJob() internal returns (Posted memory job) {
        job = openJob();
        claim(job);
    }

    function claim(Posted memory job) internal {
        claim(job, OPERATOR, WORKER);
    }

    function claim(Posted memory job, address operator, address signer) internal {
        vm.prank(operator);
        market.claimJob(job.id, job.params.offer, orderHashOf(job), signer);
    }

    function orderHashOf(Posted memory job) internal pure returns (bytes32) {
        return keccak256(abi.encode(job.params.order));
    }

    function offerHashOf(Posted memory job) internal pure returns (bytes32) {
        return keccak256(abi.encode(job.params.offer));
    }

    function makeReceipt(Posted memory job, uint32 attempt, uint16 code) internal pure returns (Receipt memory) {
        return Receipt({
            jobId: job.id,
            jobSpecHash: job.params.order.specHash,
            attempt: attempt,
            code: code,
            ciphertextDigest: code == 0 ? sha256(RESULT) : bytes32(0),
            plaintextCommitment: code == 0 ? bytes32("plaintext") : bytes32(0),
            releasesHash: "releases",
            outputBytes: code == 0 ? uint32(RESULT.length) : 0
        });
    }

    function makeSettlement(Posted memory job, Receipt memory receipt, uint256 signerKey)
        internal
        view
        returns (Settlement memory)
    {
        return Settlement({
            jobId: job.id,
            order: job.params.order,
            offerHash: offerHashOf(job),
            receipt: receipt,
            signature: signature(signerKey, market.receiptDigest(receipt)),
            ciphertext: RESULT
        });
    }

    /// @dev Brings a receipt, by the function that its code is for.
    function settle(Posted memory job, Receipt memory receipt, uint256 signerKey) internal {
        if (receipt.code == 0) {
            market.settleJob(makeSettlement(job, receipt, signerKey));
        } else {
            bytes memory signed = signature(signerKey, market.receiptDigest(receipt));
            market.failJob(job.id, job.params, receipt, signed);
        }
    }

    function settle(Posted memory job, uint16 code) internal {
        settle(job, makeReceipt(job, market.jobOf(job.id).attempt, code), WORKER_KEY);
    }

    /// @dev Another node of another operator with a key of its own.
    function addWorker(address operator, uint256 signerKey) internal returns (NodeId id) {
        id = registerNode(operator, 1, uint96(STAKE));
        addKey(id, operator, signerKey, KEY_WORKER);
    }

    // Signatures and balances

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev EIP-712, written once more.
    function typedDigest(string memory name, address verifyingContract, bytes32 hashStruct)
        internal
        view
        returns (bytes32)
    {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(domainType, keccak256(bytes(name)), keccak256("1"), block.chainid, verifyingContract)
        );
        return keccak256(bytes.concat(hex"1901", domain, hashStruct));
    }

    function owed(address account) internal view returns (uint256) {
        return market.balanceOf(address(token), account);
    }

    /// @dev The next call reverts because a grant does not allow the job.
    function expectNotUsable(Terms memory terms, Reason reason) internal {
        vm.expectRevert(abi.encodeWithSelector(IGrantRegistry.GrantNotUsable.selector, grants.hashTerms(terms), reason));
    }
}
