// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {Publication} from "../../../contracts/types/Publication.sol";
import {DatasetKit} from "../helpers/DatasetKit.sol";
import {GasBurner, SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The owner's publication, sent by anyone.
contract DatasetSignaturesTest is DatasetKit {
    function test_publishBySig() public {
        Publication memory publication = makePublication();
        publication.guardianSetHash = "guardians 2";
        publication.keyBoxDigest = "keybox 2";
        publication.keyEpoch = 2;
        publication.appended = new bytes32[](1);
        publication.appended[0] = "third";
        bytes memory signed = signPublication(publication);
        bytes32 catalogue = foldOf(firstHead().catalogueHash, publication.appended);
        DatasetHead memory head = DatasetHead("manifest 2", "keybox 2", "guardians 2", catalogue, 3);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetPublished(datasetId, OWNER, 2, 2, head, publication.appended);
        vm.prank(STRANGER);
        datasets.publishBySig(publication, firstHead(), signed);
        Dataset memory dataset = datasets.datasetOf(datasetId);
        eq(dataset.owner, OWNER);
        eq(dataset.version, 2);
        eq(dataset.keyEpoch, 2);
        eq(dataset.headHash, datasets.hashHead(head));
    }

    function test_publishBySig_OfSmartWallet() public {
        SmartWallet wallet = new SmartWallet(OWNER);
        handTo(address(wallet));
        Publication memory publication = makePublication();
        publication.keyEpoch = 2;
        publication.deadline = uint40(block.timestamp);
        datasets.publishBySig(publication, firstHead(), signPublication(publication));
        eq(datasets.datasetOf(datasetId).version, 2);
    }

    function test_RevertWhen_OwnersWalletBurnsGas() public {
        address wallet = address(new GasBurner());
        vm.prank(wallet);
        DatasetId id = datasets.registerDataset("first", "manifest", "keybox", "guardians", commitments(2));
        Publication memory publication = makePublication();
        publication.datasetId = id;
        bytes memory signed = signPublication(publication);
        uint256 before = gasleft();
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetSignatureInvalid.selector, id, wallet));
        datasets.publishBySig(publication, firstHead(), signed);
        yes(before - gasleft() < 600_000);
    }

    // Replay

    function test_RevertWhen_PublicationIsReplayed() public {
        Publication memory publication = makePublication();
        bytes memory signed = signPublication(publication);
        datasets.publishBySig(publication, firstHead(), signed);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetVersionStale.selector, datasetId, 2, 3));
        datasets.publishBySig(publication, firstHead(), signed);
    }

    /// Head and calldata are as they were when it was signed; the version is not.
    function test_RevertWhen_PublicationIsReplayedOnTheSameHead() public {
        Publication memory publication = makePublication();
        bytes memory signed = signPublication(publication);
        publishManifest("manifest");
        eq(datasets.datasetOf(datasetId).headHash, publication.previousHead);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetVersionStale.selector, datasetId, 2, 3));
        datasets.publishBySig(publication, firstHead(), signed);
    }

    function test_RevertWhen_PublicationIsReplayedOnAnotherChain() public {
        Publication memory publication = makePublication();
        bytes memory signed = signPublication(publication);
        vm.chainId(block.chainid + 1);
        expectInvalid();
        datasets.publishBySig(publication, firstHead(), signed);
    }

    /// The other registry has the same dataset id only if someone could choose it: here both are told to have one.
    function test_RevertWhen_PublicationIsReplayedOnAnotherRegistry() public {
        Publication memory publication = makePublication();
        IDatasetRegistry other = deployRegistry(address(keys));
        vm.prank(OWNER);
        publication.datasetId = other.registerDataset("first", "manifest", "keybox", "guardians", commitments(2));
        bytes memory signed = signPublication(publication);
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetSignatureInvalid.selector, publication.datasetId, OWNER)
        );
        other.publishBySig(publication, firstHead(), signed);
    }

    // What else is in the message

    function test_RevertWhen_SignedPublicationIsLate() public {
        Publication memory publication = makePublication();
        bytes memory signed = signPublication(publication);
        vm.warp(SOON + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetDeadlinePassed.selector, datasetId, SOON, SOON + 1)
        );
        datasets.publishBySig(publication, firstHead(), signed);
    }

    function test_RevertWhen_SignedPreviousHeadIsStale() public {
        publishManifest("manifest of the owner");
        Publication memory publication = makePublication();
        publication.version = 3;
        bytes memory signed = signPublication(publication);
        expectHeadStale(publication.previousHead);
        datasets.publishBySig(publication, firstHead(), signed);
        publication.previousHead = datasets.datasetOf(datasetId).headHash;
        signed = signPublication(publication);
        expectHeadStale(datasets.hashHead(firstHead()));
        datasets.publishBySig(publication, firstHead(), signed);
    }

    /// The calldata is the stored head, the message names another.
    function test_RevertWhen_SignedMessageNamesAnotherHead() public {
        Publication memory publication = makePublication();
        publication.previousHead = "another head";
        bytes memory signed = signPublication(publication);
        expectHeadStale("another head");
        datasets.publishBySig(publication, firstHead(), signed);
    }

    function test_RevertWhen_SignedKeyEpochJumps() public {
        Publication memory publication = makePublication();
        publication.keyEpoch = 3;
        bytes memory signed = signPublication(publication);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetKeyEpochInvalid.selector, datasetId, 3, 1));
        datasets.publishBySig(publication, firstHead(), signed);
    }

    function test_RevertWhen_SignedDigestIsZero() public {
        Publication memory publication = makePublication();
        publication.guardianSetHash = 0;
        bytes memory signed = signPublication(publication);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetDigestMissing.selector, datasetId));
        datasets.publishBySig(publication, firstHead(), signed);
    }

    function test_RevertWhen_SignedCatalogueIsTooLong() public {
        Publication memory publication = makePublication();
        publication.appended = commitments(255);
        bytes memory signed = signPublication(publication);
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetCatalogueTooLong.selector, datasetId, 257, 256)
        );
        datasets.publishBySig(publication, firstHead(), signed);
    }

    // Who signed

    function test_RevertWhen_PublicationIsSignedByAnother() public {
        Publication memory publication = makePublication();
        bytes memory signed = signature(OTHER_KEY, datasets.publicationDigest(publication));
        expectInvalid();
        datasets.publishBySig(publication, firstHead(), signed);
    }

    function test_RevertWhen_PublicationSignatureIsMalleated() public {
        Publication memory publication = makePublication();
        bytes memory signed = signPublication(publication);
        expectInvalid();
        datasets.publishBySig(publication, firstHead(), malleated(signed));
        datasets.publishBySig(publication, firstHead(), signed);
    }

    function test_RevertWhen_PublicationSignatureIsShortOrLong() public {
        Publication memory publication = makePublication();
        bytes memory signed = signPublication(publication);
        expectInvalid();
        datasets.publishBySig(publication, firstHead(), bytes.concat(signed, hex"00"));
        expectInvalid();
        datasets.publishBySig(publication, firstHead(), "");
    }

    function test_publicationDigest() public view {
        Publication memory p = makePublication();
        p.appended = commitments(2);
        bytes32 publicationType = keccak256(
            bytes.concat(
                "Publication(bytes32 datasetId,bytes32 previousHead,uint48 version,bytes32 manifestDigest,",
                "bytes32 keyBoxDigest,bytes32 guardianSetHash,uint32 keyEpoch,bytes32[] appended,uint40 deadline)"
            )
        );
        bytes memory first =
            abi.encode(publicationType, p.datasetId, p.previousHead, uint256(p.version), p.manifestDigest);
        bytes32 list = keccak256(bytes.concat(p.appended[0], p.appended[1]));
        bytes memory second =
            abi.encode(p.keyBoxDigest, p.guardianSetHash, uint256(p.keyEpoch), list, uint256(p.deadline));
        eq(datasets.publicationDigest(p), typedDigest(keccak256(bytes.concat(first, second))));
    }

    // Fuzz

    function testFuzz_publishBySig_AnyKey(uint256 key, bytes32 manifestDigest) public {
        key = bound(key, 1, ORDER - 1);
        vm.assume(manifestDigest != 0);
        vm.prank(vm.addr(key));
        DatasetId id = datasets.registerDataset("fuzz", "manifest", "keybox", "guardians", commitments(2));
        Publication memory publication = makePublication();
        publication.datasetId = id;
        publication.manifestDigest = manifestDigest;
        datasets.publishBySig(publication, firstHead(), signature(key, datasets.publicationDigest(publication)));
        eq(datasets.datasetOf(id).headHash, datasets.hashHead(headWith(manifestDigest)));
    }

    function testFuzz_RevertWhen_AnyFieldChangesAfterSigning(uint8 field, uint256 value) public {
        Publication memory publication = makePublication();
        bytes memory signed = signPublication(publication);
        bytes32 before = datasets.publicationDigest(publication);
        field %= 8;
        if (field == 0) publication.previousHead = bytes32(value);
        else if (field == 1) publication.version = uint48(value);
        else if (field == 2) publication.manifestDigest = bytes32(value);
        else if (field == 3) publication.keyBoxDigest = bytes32(value);
        else if (field == 4) publication.guardianSetHash = bytes32(value);
        else if (field == 5) publication.keyEpoch = uint32(value);
        else if (field == 6) publication.deadline = uint40(value);
        else publication.appended = commitments(1 + value % 4);
        vm.assume(datasets.publicationDigest(publication) != before);
        vm.expectRevert();
        datasets.publishBySig(publication, firstHead(), signed);
        eq(datasets.datasetOf(datasetId).version, 1);
    }

    function expectInvalid() private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetSignatureInvalid.selector, datasetId, OWNER)
        );
    }

    function expectHeadStale(bytes32 got) private {
        bytes32 wanted = datasets.datasetOf(datasetId).headHash;
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetHeadStale.selector, datasetId, got, wanted)
        );
    }
}
