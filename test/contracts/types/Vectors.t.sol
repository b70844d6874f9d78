// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IAppRegistry} from "../../../contracts/interfaces/IAppRegistry.sol";
import {IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {IOwnerKeys} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {AppConsent} from "../../../contracts/types/AppConsent.sol";
import {DomainProof} from "../../../contracts/types/DomainProof.sol";
import {EnclaveBinding} from "../../../contracts/types/EnclaveBinding.sol";
import {AppId, DatasetId, GrantHash, JobId} from "../../../contracts/types/Ids.sol";
import {Publication, WriterPublication} from "../../../contracts/types/Publication.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Writer, WriterKind} from "../../../contracts/types/Writer.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev One message of the file, as viem and ethers see it.
/// @param target the contract of its domain.
/// @param message abi.encode of its struct.
struct Vector {
    uint256 chainId;
    address target;
    bytes message;
    bytes32 structHash;
    bytes32 digest;
}

struct Availability {
    JobId jobId;
    bytes32 ciphertextDigest;
    uint32 outputBytes;
}

struct AvailabilityBatch {
    Availability[] results;
}

struct InputSpec {
    bytes32 datasetId;
    uint32 keyEpoch;
    uint64 version;
    bytes32 manifestDigest;
    bytes32 keyBoxDigest;
    uint256 segments;
    bytes32 grantHash;
}

struct JobSpec {
    bytes32 jobId;
    bytes32 programId;
    bytes32 argsCommitment;
    bytes32 resultKeyHash;
    uint8 outputClass;
    bytes32 outputSchemaHash;
    uint32 maxOutputBytes;
    InputSpec[] inputs;
}

struct AppDomain {
    AppId appId;
    string domain;
    address owner;
    uint40 signedAt;
}

/// @dev test/vectors/typed-data.json, written by `npm run vectors`: the contracts, put at the address and on the chain that a
/// vector names, make the digest that viem and ethers made, and recover its signer. Messages that no contract reads are
/// hashed by the text of EIP-712, under the domain that the contract says it has.
contract VectorsTest is Kit {
    string private constant FILE = "test/vectors/typed-data.json";

    string private _file;
    IAppRegistry private _apps;
    address private _ownerKeys;
    uint256 private _key;

    function setUp() public override {
        vm.warp(START);
        deploy();
        _apps = IAppRegistry(make("access", "AppRegistry", abi.encode(authority)));
        _ownerKeys = make("storage", "OwnerKeys", "");
        _file = vm.readFile(FILE);
        _key = uint256(vm.parseJsonBytes32(_file, ".signer.privateKey"));
    }

    function test_Vectors_AllAreCheckedHere() public view {
        string[19] memory names = [
            "Terms", "Revoke", "RevokeAll", "JobSpec", "Receipt", "AvailabilityBatch", "ReleaseRequest", "Release",
            "Refusal", "EnclaveBinding", "Publication", "WriterPublication", "WriterRemoval", "KeyBoxDeposit",
            "AppDomain", "DomainProof", "AppConsent", "RecoveryVeto", "RecoveryAnswer"
        ];
        string[] memory found = vm.parseJsonKeys(_file, ".messages");
        eq(found.length, names.length);
        for (uint256 i = 0; i < names.length; ++i) {
            bool has = false;
            for (uint256 j = 0; j < found.length; ++j) {
                has = has || keccak256(bytes(found[j])) == keccak256(bytes(names[i]));
            }
            yes(has);
        }
    }

    function test_Vectors_SignerIsTheKeys() public view {
        eq(vm.addr(_key), vm.parseJsonAddress(_file, ".signer.address"));
    }

    // Grants

    function test_Vectors_Terms() public {
        each("Terms", address(grants), hashTerms);
    }

    function test_Vectors_Revoke() public {
        each("Revoke", address(grants), hashRevoke);
    }

    function test_Vectors_RevokeAll() public {
        each("RevokeAll", address(grants), hashRevokeAll);
    }

    function hashTerms(Vector memory vector) private view returns (bytes32) {
        Terms memory terms = abi.decode(vector.message, (Terms));
        return GrantHash.unwrap(IGrantRegistry(vector.target).hashTerms(terms));
    }

    function hashRevoke(Vector memory vector) private view returns (bytes32) {
        return IGrantRegistry(vector.target).revocationDigest(abi.decode(vector.message, (GrantHash)));
    }

    function hashRevokeAll(Vector memory vector) private view returns (bytes32) {
        (address owner, uint32 epoch) = abi.decode(vector.message, (address, uint32));
        return IGrantRegistry(vector.target).revokeAllDigest(owner, epoch);
    }

    // Jobs

    function test_Vectors_Receipt() public {
        each("Receipt", address(market), hashReceipt);
    }

    function test_Vectors_AvailabilityBatch() public {
        each("AvailabilityBatch", address(market), hashAvailability);
    }

    function test_Vectors_JobSpec() public {
        each("JobSpec", address(market), hashJobSpec);
    }

    function hashReceipt(Vector memory vector) private view returns (bytes32) {
        return IJobMarket(vector.target).receiptDigest(abi.decode(vector.message, (Receipt)));
    }

    function hashAvailability(Vector memory vector) private view returns (bytes32) {
        Availability[] memory results = abi.decode(vector.message, (AvailabilityBatch)).results;
        Settlement[] memory settlements = new Settlement[](results.length);
        for (uint256 i = 0; i < results.length; ++i) {
            Receipt memory receipt = settlements[i].receipt;
            receipt.jobId = results[i].jobId;
            receipt.ciphertextDigest = results[i].ciphertextDigest;
            receipt.outputBytes = results[i].outputBytes;
        }
        return IJobMarket(vector.target).availabilityDigest(settlements);
    }

    function hashJobSpec(Vector memory vector) private view returns (bytes32) {
        JobSpec memory spec = abi.decode(vector.message, (JobSpec));
        bytes memory inputType = "InputSpec(bytes32 datasetId,uint32 keyEpoch,uint64 version,bytes32 manifestDigest,"
        "bytes32 keyBoxDigest,uint256 segments,bytes32 grantHash)";
        bytes memory inputs = "";
        for (uint256 i = 0; i < spec.inputs.length; ++i) {
            bytes32 input = keccak256(bytes.concat(keccak256(inputType), abi.encode(spec.inputs[i])));
            inputs = bytes.concat(inputs, input);
        }
        bytes memory specType =
            "JobSpec(bytes32 jobId,bytes32 programId,bytes32 argsCommitment,bytes32 resultKeyHash,uint8 outputClass,"
            "bytes32 outputSchemaHash,uint32 maxOutputBytes,InputSpec[] inputs)";
        bytes memory head = abi.encode(
            keccak256(bytes.concat(specType, inputType)),
            spec.jobId,
            spec.programId,
            spec.argsCommitment,
            spec.resultKeyHash,
            spec.outputClass
        );
        bytes memory tail = abi.encode(spec.outputSchemaHash, spec.maxOutputBytes, keccak256(inputs));
        return digestOf(vector, keccak256(bytes.concat(head, tail)));
    }

    // Guardians

    function test_Vectors_ReleaseRequest() public {
        each("ReleaseRequest", address(market), hashReleaseRequest);
    }

    function test_Vectors_Release() public {
        each("Release", address(market), hashRelease);
    }

    function test_Vectors_Refusal() public {
        each("Refusal", address(market), hashRefusal);
    }

    function test_Vectors_KeyBoxDeposit() public {
        each("KeyBoxDeposit", address(datasets), hashKeyBoxDeposit);
    }

    function hashReleaseRequest(Vector memory vector) private view returns (bytes32) {
        return flatDigest(
            vector,
            "ReleaseRequest(bytes32 jobId,uint32 attempt,uint32 guardian,uint32 input,bytes32 kemKeyHash,"
            "bytes32 bundleDigest)"
        );
    }

    function hashRelease(Vector memory vector) private view returns (bytes32) {
        return flatDigest(
            vector,
            "Release(bytes32 jobId,bytes32 jobSpecHash,bytes32 datasetId,uint256 segments,address signer,"
            "uint32 guardian,uint64 blockNumber,bytes32 blockHash,bytes32 logHead,bytes32 sealedHash)"
        );
    }

    function hashRefusal(Vector memory vector) private view returns (bytes32) {
        return flatDigest(
            vector,
            "Refusal(bytes32 jobId,uint32 attempt,uint32 input,address signer,uint32 guardian,bytes32 requestHash,"
            "uint16 reason,uint64 blockNumber,bytes32 blockHash,bytes32 logHead)"
        );
    }

    function hashKeyBoxDeposit(Vector memory vector) private view returns (bytes32) {
        return flatDigest(
            vector, "KeyBoxDeposit(bytes32 datasetId,bytes32 keyBoxDigest,uint32 guardian,bytes32 bodyHash)"
        );
    }

    // Nodes

    function test_Vectors_EnclaveBinding() public {
        each("EnclaveBinding", address(nodes), hashBinding);
    }

    function hashBinding(Vector memory vector) private view returns (bytes32) {
        EnclaveBinding memory binding = abi.decode(vector.message, (EnclaveBinding));
        eq(INodeRegistry(vector.target).hashBinding(binding), vector.structHash);
        return INodeRegistry(vector.target).bindingDigest(binding);
    }

    // Datasets

    function test_Vectors_Publication() public {
        each("Publication", address(datasets), hashPublication);
    }

    function test_Vectors_WriterPublication() public {
        each("WriterPublication", address(datasets), hashWriterPublication);
    }

    function test_Vectors_WriterRemoval() public {
        each("WriterRemoval", address(datasets), hashWriterRemoval);
    }

    function hashPublication(Vector memory vector) private view returns (bytes32) {
        return IDatasetRegistry(vector.target).publicationDigest(abi.decode(vector.message, (Publication)));
    }

    function hashWriterPublication(Vector memory vector) private view returns (bytes32) {
        WriterPublication memory publication = abi.decode(vector.message, (WriterPublication));
        return IDatasetRegistry(vector.target).writerPublicationDigest(publication);
    }

    /// @dev The registry takes `setAt` from what it stores (DatasetStorage.sol has the slots).
    function hashWriterRemoval(Vector memory vector) private returns (bytes32) {
        (DatasetId id, WriterKind kind, bytes32 writerId, uint40 setAt) =
            abi.decode(vector.message, (DatasetId, WriterKind, bytes32, uint40));
        bytes32 slot = keccak256(abi.encode(keccak256(abi.encode(kind, writerId)), keccak256(abi.encode(id, 1))));
        vm.store(vector.target, bytes32(uint256(slot) + 1), bytes32(uint256(setAt)));
        return IDatasetRegistry(vector.target).writerRemovalDigest(id, Writer({kind: kind, id: writerId}));
    }

    // Apps

    function test_Vectors_DomainProof() public {
        each("DomainProof", address(_apps), hashDomainProof);
    }

    function test_Vectors_AppConsent() public {
        each("AppConsent", address(_apps), hashAppConsent);
    }

    function test_Vectors_AppDomain() public {
        each("AppDomain", address(_apps), hashAppDomain);
    }

    function hashDomainProof(Vector memory vector) private view returns (bytes32) {
        return IAppRegistry(vector.target).proofDigest(abi.decode(vector.message, (DomainProof)));
    }

    function hashAppConsent(Vector memory vector) private view returns (bytes32) {
        return IAppRegistry(vector.target).consentDigest(abi.decode(vector.message, (AppConsent)));
    }

    function hashAppDomain(Vector memory vector) private view returns (bytes32) {
        AppDomain memory app = abi.decode(vector.message, (AppDomain));
        bytes32 kind = keccak256("AppDomain(bytes32 appId,string domain,address owner,uint40 signedAt)");
        bytes memory fields = abi.encode(kind, app.appId, keccak256(bytes(app.domain)), app.owner, app.signedAt);
        return digestOf(vector, keccak256(fields));
    }

    // Recoveries

    function test_Vectors_RecoveryVeto() public {
        each("RecoveryVeto", _ownerKeys, hashRecoveryVeto);
    }

    function test_Vectors_RecoveryAnswer() public {
        each("RecoveryAnswer", _ownerKeys, hashRecoveryAnswer);
    }

    /// @dev OwnerKeys takes version and time from the request that it stores (OwnerKeysStorage.sol has the slots).
    function hashRecoveryVeto(Vector memory vector) private returns (bytes32) {
        (address owner, address requester, uint32 version, uint40 requestedAt) =
            abi.decode(vector.message, (address, address, uint32, uint40));
        bytes32 slot = keccak256(abi.encode(requester, keccak256(abi.encode(owner, 1))));
        uint256 word = uint256(requestedAt) | (uint256(version) << 80);
        vm.store(vector.target, bytes32(uint256(slot) + 1), bytes32(word));
        return IOwnerKeys(vector.target).vetoDigest(owner, requester);
    }

    function hashRecoveryAnswer(Vector memory vector) private view returns (bytes32) {
        bytes32 kind = keccak256(
            "RecoveryAnswer(address owner,bytes32 planDigest,address requester,uint40 requestedAt,uint8 position,"
            "bytes32 deviceKeyId,bytes32 sealedHash)"
        );
        return digestOf(vector, keccak256(bytes.concat(kind, vector.message)));
    }

    // The file

    /// @param deployed the contract, wherever it is.
    function each(
        string memory message,
        address deployed,
        function(Vector memory) internal returns (bytes32) hash
    ) private {
        string memory path = string.concat(".messages.", message, ".cases");
        string[] memory cases = vm.parseJsonKeys(_file, path);
        eq(cases.length, 3);
        for (uint256 i = 0; i < cases.length; ++i) {
            string memory one = string.concat(path, ".", cases[i]);
            Vector memory vector = read(one);
            vm.etch(vector.target, deployed.code);
            vm.chainId(vector.chainId);
            expectDomain(vector, one);
            eq(digestOf(vector, vector.structHash), vector.digest);
            eq(hash(vector), vector.digest);
            expectSigned(vector, one);
        }
    }

    function read(string memory path) private view returns (Vector memory) {
        return Vector({
            chainId: vm.parseJsonUint(_file, string.concat(path, ".domain.chainId")),
            target: vm.parseJsonAddress(_file, string.concat(path, ".domain.verifyingContract")),
            message: vm.parseJsonBytes(_file, string.concat(path, ".abi")),
            structHash: vm.parseJsonBytes32(_file, string.concat(path, ".structHash")),
            digest: vm.parseJsonBytes32(_file, string.concat(path, ".digest"))
        });
    }

    /// @dev Name and version are the contract's own words.
    function expectDomain(Vector memory vector, string memory path) private view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address target,,) =
            IERC5267(vector.target).eip712Domain();
        eq(fields, hex"0f");
        eq(keccak256(bytes(name)), textAt(path, ".domain.name"));
        eq(keccak256(bytes(version)), textAt(path, ".domain.version"));
        eq(chainId, vector.chainId);
        eq(target, vector.target);
    }

    function expectSigned(Vector memory vector, string memory path) private view {
        bytes32 r = vm.parseJsonBytes32(_file, string.concat(path, ".signature.r"));
        bytes32 s = vm.parseJsonBytes32(_file, string.concat(path, ".signature.s"));
        uint256 v = vm.parseJsonUint(_file, string.concat(path, ".signature.v"));
        eq(ecrecover(vector.digest, uint8(v), r, s), vm.addr(_key));
        (uint8 madeV, bytes32 madeR, bytes32 madeS) = vm.sign(_key, vector.digest);
        eq(madeV, v);
        eq(madeR, r);
        eq(madeS, s);
    }

    function textAt(string memory path, string memory field) private view returns (bytes32) {
        return keccak256(bytes(vm.parseJsonString(_file, string.concat(path, field))));
    }

    /// @dev Of a struct whose fields are all single words, which is its own encodeData.
    function flatDigest(Vector memory vector, string memory kind) private view returns (bytes32) {
        return digestOf(vector, keccak256(bytes.concat(keccak256(bytes(kind)), vector.message)));
    }

    /// @dev EIP-712 by its text. The chain id is the vector's: the optimiser may move `block.chainid` before the cheatcode.
    function digestOf(Vector memory vector, bytes32 structHash) private view returns (bytes32) {
        (, string memory name, string memory version,,,,) = IERC5267(vector.target).eip712Domain();
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(kind, keccak256(bytes(name)), keccak256(bytes(version)), vector.chainId, vector.target)
        );
        return keccak256(bytes.concat(hex"1901", domain, structHash));
    }
}
