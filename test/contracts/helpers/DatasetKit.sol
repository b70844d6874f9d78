// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus, Delegation, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {Publication, WriterPublication} from "../../../contracts/types/Publication.sol";
import {Writer, WriterKind} from "../../../contracts/types/Writer.sol";
import {Check} from "./Check.sol";
import {StubKeys} from "./StubKeys.sol";
import {StubOwnerKeys} from "./StubOwnerKeys.sol";
import {vm} from "./Vm.sol";

/// @dev DatasetRegistry alone, with one dataset of two segments. A test changes what it is about.
abstract contract DatasetKit is Check {
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint40 internal constant SOON = uint40(START + 1 hours);
    uint40 internal constant UNTIL = uint40(START + 10 days);
    bytes32 internal constant MEASUREMENT = keccak256("ingester 1");

    uint256 internal constant OWNER_KEY = 0xa101;
    uint256 internal constant WRITER_KEY = 0xa102;
    uint256 internal constant ENCLAVE_KEY = 0xa103;
    uint256 internal constant OTHER_KEY = 0xa104;

    address internal immutable OWNER = vm.addr(OWNER_KEY);
    address internal immutable WRITER = vm.addr(WRITER_KEY);
    address internal immutable ENCLAVE = vm.addr(ENCLAVE_KEY);
    address internal immutable OTHER = vm.addr(OTHER_KEY);
    address internal constant STRANGER = address(0xb103);
    address internal constant BUYER = address(0xb104);

    StubKeys internal keys;
    StubOwnerKeys internal ownerKeys;
    IDatasetRegistry internal datasets;
    DatasetId internal datasetId;
    bytes32[] internal none;

    function setUp() public virtual {
        vm.warp(START);
        deploy();
        vm.prank(OWNER);
        datasetId = datasets.registerDataset("first", "manifest", "keybox", "guardians", commitments(2));
    }

    function deploy() internal {
        keys = new StubKeys();
        keys.set(ENCLAVE, MEASUREMENT, true);
        datasets = deployRegistry(address(keys));
    }

    /// @dev From the artifact. `new` would compile the contract once more into every test.
    function deployRegistry(address keys_) internal returns (IDatasetRegistry) {
        bytes memory code = vm.getCode("contracts/storage/DatasetRegistry.sol:DatasetRegistry");
        ownerKeys = new StubOwnerKeys();
        code = bytes.concat(code, abi.encode(keys_, ownerKeys));
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        yes(made != address(0));
        return IDatasetRegistry(made);
    }

    // Heads

    function commitments(uint256 count) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = keccak256(abi.encode("commitment", i));
        }
    }

    function foldOf(bytes32 hash, bytes32[] memory list) internal pure returns (bytes32) {
        for (uint256 i = 0; i < list.length; ++i) {
            hash = keccak256(abi.encode(hash, list[i]));
        }
        return hash;
    }

    function firstHead() internal pure returns (DatasetHead memory) {
        return headWith("manifest");
    }

    function headWith(bytes32 manifestDigest) internal pure returns (DatasetHead memory) {
        return DatasetHead(manifestDigest, "keybox", "guardians", foldOf(0, commitments(2)), 2);
    }

    // Owner

    function makePublication() internal view returns (Publication memory) {
        return Publication({
            datasetId: datasetId,
            previousHead: datasets.hashHead(firstHead()),
            version: 2,
            manifestDigest: "manifest 2",
            keyBoxDigest: "keybox",
            guardianSetHash: "guardians",
            keyEpoch: 1,
            appended: none,
            deadline: SOON
        });
    }

    function signPublication(Publication memory publication) internal view returns (bytes memory) {
        return signature(OWNER_KEY, datasets.publicationDigest(publication));
    }

    /// @dev New keys, over the first head.
    function rotateKeys() internal {
        vm.prank(OWNER);
        datasets.publish(datasetId, firstHead(), "manifest 2", "keybox 2", "guardians", 2, none);
    }

    /// @dev The owner publishes a manifest over the first head.
    function publishManifest(bytes32 manifestDigest) internal {
        vm.prank(OWNER);
        datasets.publish(datasetId, firstHead(), manifestDigest, "keybox", "guardians", 1, none);
    }

    function offer(address to) internal {
        vm.prank(OWNER);
        datasets.offerDataset(datasetId, to);
    }

    /// @dev Offered, and accepted as soon as it can be.
    function handTo(address to) internal {
        offer(to);
        vm.warp(block.timestamp + 2 days);
        vm.prank(to);
        datasets.acceptDataset(datasetId);
    }

    function erase() internal {
        vm.prank(OWNER);
        datasets.eraseDataset(datasetId);
    }

    function eraseForEver() internal {
        erase();
        vm.warp(block.timestamp + 7 days);
        datasets.concludeErasure(datasetId);
    }

    // Writers

    function keyWriter() internal view returns (Writer memory) {
        return Writer(WriterKind.Key, bytes32(uint256(uint160(WRITER))));
    }

    function codeWriter() internal pure returns (Writer memory) {
        return Writer(WriterKind.Measurement, MEASUREMENT);
    }

    /// @dev For the first segment, three times.
    function setWriter(Writer memory writer) internal {
        vm.prank(OWNER);
        datasets.setWriter(datasetId, firstHead(), writer, 1, UNTIL, 3);
    }

    function makeWriting(Writer memory writer) internal view returns (WriterPublication memory) {
        return WriterPublication({
            datasetId: datasetId,
            writer: writer,
            previousHead: datasets.hashHead(firstHead()),
            version: 2,
            keyEpoch: 1,
            manifestDigest: "manifest 2",
            segments: 1,
            deadline: SOON
        });
    }

    /// @dev The writing after one that set this manifest.
    function makeNextWriting(Writer memory writer, uint48 version, bytes32 previous, bytes32 manifestDigest)
        internal
        view
        returns (WriterPublication memory writing)
    {
        writing = makeWriting(writer);
        writing.version = version;
        writing.previousHead = datasets.hashHead(headWith(previous));
        writing.manifestDigest = manifestDigest;
    }

    function write(WriterPublication memory writing) internal {
        vm.prank(WRITER);
        datasets.publishAsWriter(writing, firstHead());
    }

    function signWriting(WriterPublication memory writing, uint256 key) internal view returns (bytes memory) {
        return signature(key, datasets.writerPublicationDigest(writing));
    }

    function writeSigned(WriterPublication memory writing, uint256 key) internal {
        bytes memory signed = signWriting(writing, key);
        vm.prank(STRANGER);
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    function usedOf(Writer memory writer) internal view returns (uint32) {
        return datasets.delegationOf(datasetId, writer).usedVersions;
    }

    // Signatures

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature that the same key and digest have, if one lets it.
    function malleated(bytes memory signed) internal pure returns (bytes memory) {
        bytes32 r;
        uint256 s;
        assembly ("memory-safe") {
            r := mload(add(signed, 0x20))
            s := mload(add(signed, 0x40))
        }
        return abi.encodePacked(r, ORDER - s, uint8(signed[64]) == 27 ? uint8(28) : uint8(27));
    }

    /// @dev EIP-712, written once more.
    function typedDigest(bytes32 hashStruct) internal view returns (bytes32) {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 name = keccak256("Persona DatasetRegistry");
        bytes32 domain = keccak256(abi.encode(domainType, name, keccak256("1"), block.chainid, address(datasets)));
        return keccak256(bytes.concat(hex"1901", domain, hashStruct));
    }

    // Expectations

    function expectNotActive(DatasetId id, DatasetStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetNotActive.selector, id, status));
    }

    function expectNotOwner(address caller, address owner) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetCallerNotOwner.selector, datasetId, caller, owner)
        );
    }

    function statusIs(DatasetStatus status) internal view {
        yes(datasets.datasetOf(datasetId).status == status);
    }

    function delegationHash(Delegation memory delegation) internal pure returns (bytes32) {
        return keccak256(abi.encode(delegation));
    }
}
