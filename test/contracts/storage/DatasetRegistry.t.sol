// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, DatasetStatus, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract DatasetRegistryTest is Kit {
    bytes32[] private none;

    function test_registerDataset() public {
        DatasetId wanted = datasets.datasetIdOf(OWNER, "second");
        DatasetHead memory head = firstHead();
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetRegistered(wanted, OWNER, "second", head, commitments(2));
        DatasetId id = registerDataset(OWNER, "second");
        yes(id == wanted);
        eq(DatasetId.unwrap(id), keccak256(abi.encode(block.chainid, address(datasets), OWNER, bytes32("second"))));
        Dataset memory dataset = datasets.datasetOf(id);
        eq(dataset.owner, OWNER);
        eq(dataset.keyEpoch, 1);
        eq(dataset.version, 1);
        yes(dataset.status == DatasetStatus.Active);
        eq(dataset.headHash, datasets.hashHead(head));
    }

    function test_registerDataset_SameSaltOfAnotherOwner() public {
        yes(registerDataset(STRANGER, "first") != datasetId);
    }

    function test_RevertWhen_SaltIsUsed() public {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetAlreadyExists.selector, datasetId));
        registerDataset(OWNER, "first");
    }

    function test_RevertWhen_SaltIsThatOfAnErasedDataset() public {
        erase();
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetAlreadyExists.selector, datasetId));
        registerDataset(OWNER, "first");
    }

    function test_RevertWhen_RegisteredDigestIsZero() public {
        bytes memory wanted = abi.encodeWithSelector(
            IDatasetRegistry.DatasetDigestMissing.selector, datasets.datasetIdOf(address(this), "x")
        );
        vm.expectRevert(wanted);
        datasets.registerDataset("x", 0, "keybox", "guardians", none);
        vm.expectRevert(wanted);
        datasets.registerDataset("x", "manifest", 0, "guardians", none);
        vm.expectRevert(wanted);
        datasets.registerDataset("x", "manifest", "keybox", 0, none);
    }

    function test_RevertWhen_RegisteredCatalogueIsTooLong() public {
        datasets.registerDataset("full", "manifest", "keybox", "guardians", commitments(256));
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.DatasetCatalogueTooLong.selector, datasets.datasetIdOf(address(this), "x"), 257, 256
            )
        );
        datasets.registerDataset("x", "manifest", "keybox", "guardians", commitments(257));
    }

    function test_publish() public {
        bytes32[] memory appended = new bytes32[](1);
        appended[0] = "third";
        DatasetHead memory head = DatasetHead(
            "manifest 2", "keybox 2", "guardians 2", keccak256(abi.encode(firstHead().catalogueHash, appended[0])), 3
        );
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetPublished(datasetId, OWNER, 2, 1, head, appended);
        vm.prank(OWNER);
        datasets.publish(datasetId, firstHead(), "manifest 2", "keybox 2", "guardians 2", 1, appended);
        Dataset memory dataset = datasets.datasetOf(datasetId);
        eq(dataset.version, 2);
        eq(dataset.keyEpoch, 1);
        eq(dataset.headHash, datasets.hashHead(head));
    }

    function test_publish_NewKeyEpoch() public {
        rotateKeys(datasetId);
        eq(datasets.datasetOf(datasetId).keyEpoch, 2);
    }

    function test_RevertWhen_PublisherIsNotOwner() public {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetCallerNotOwner.selector, datasetId, STRANGER, OWNER)
        );
        vm.prank(STRANGER);
        datasets.publish(datasetId, firstHead(), "m", "k", "g", 1, none);
    }

    function test_RevertWhen_PublishedDatasetIsUnknown() public {
        DatasetId unknown = DatasetId.wrap("unknown");
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetNotActive.selector, unknown, DatasetStatus.None)
        );
        datasets.publish(unknown, firstHead(), "m", "k", "g", 1, none);
    }

    function test_RevertWhen_PreviousHeadIsStale() public {
        bytes32 first = datasets.datasetOf(datasetId).headHash;
        rotateKeys(datasetId);
        bytes32 current = datasets.datasetOf(datasetId).headHash;
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetHeadStale.selector, datasetId, first, current)
        );
        vm.prank(OWNER);
        datasets.publish(datasetId, firstHead(), "m", "k", "g", 2, none);
    }

    function test_RevertWhen_CatalogueIsRewritten() public {
        DatasetHead memory shorter = firstHead();
        shorter.catalogueLength = 1;
        vm.expectPartialRevert(IDatasetRegistry.DatasetHeadStale.selector);
        vm.prank(OWNER);
        datasets.publish(datasetId, shorter, "m", "k", "g", 1, none);
    }

    function test_RevertWhen_KeyEpochIsNeitherCurrentNorNext() public {
        for (uint32 epoch = 0; epoch <= 3; epoch += 3) {
            vm.expectRevert(
                abi.encodeWithSelector(IDatasetRegistry.DatasetKeyEpochInvalid.selector, datasetId, epoch, 1)
            );
            vm.prank(OWNER);
            datasets.publish(datasetId, firstHead(), "m", "k", "g", epoch, none);
        }
    }

    function test_RevertWhen_KeyEpochGoesBack() public {
        rotateKeys(datasetId);
        DatasetHead memory head = firstHead();
        head.manifestDigest = "manifest 2";
        head.keyBoxDigest = "keybox 2";
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetKeyEpochInvalid.selector, datasetId, 1, 2));
        vm.prank(OWNER);
        datasets.publish(datasetId, head, "m", "k", "g", 1, none);
    }

    function test_RevertWhen_PublishedDigestIsZero() public {
        bytes memory wanted = abi.encodeWithSelector(IDatasetRegistry.DatasetDigestMissing.selector, datasetId);
        vm.startPrank(OWNER);
        vm.expectRevert(wanted);
        datasets.publish(datasetId, firstHead(), 0, "k", "g", 1, none);
        vm.expectRevert(wanted);
        datasets.publish(datasetId, firstHead(), "m", 0, "g", 1, none);
        vm.expectRevert(wanted);
        datasets.publish(datasetId, firstHead(), "m", "k", 0, 1, none);
    }

    function test_RevertWhen_PublishedCatalogueIsTooLong() public {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetCatalogueTooLong.selector, datasetId, 257, 256)
        );
        vm.prank(OWNER);
        datasets.publish(datasetId, firstHead(), "m", "k", "g", 1, commitments(255));
    }

    function testFuzz_hashHead(DatasetHead memory head) public view {
        eq(
            datasets.hashHead(head),
            keccak256(
                abi.encode(
                    head.manifestDigest,
                    head.keyBoxDigest,
                    head.guardianSetHash,
                    head.catalogueHash,
                    head.catalogueLength
                )
            )
        );
    }

    /// hardhat-config: default.fuzz.runs = 64
    function testFuzz_publish_ExtendsTheCatalogue(uint8 first, uint8 second) public {
        bytes32[] memory before = commitments(bound(first, 0, 128));
        bytes32[] memory appended = commitments(bound(second, 0, 128));
        DatasetId id = datasets.registerDataset("fuzz", "m", "k", "g", before);
        DatasetHead memory head = DatasetHead("m", "k", "g", foldOf(0, before), uint32(before.length));
        datasets.publish(id, head, "m2", "k2", "g2", 1, appended);
        head = DatasetHead(
            "m2",
            "k2",
            "g2",
            foldOf(foldOf(0, before), appended),
            uint32(before.length + appended.length)
        );
        eq(datasets.datasetOf(id).headHash, datasets.hashHead(head));
    }

    function testFuzz_RevertWhen_KeyEpochJumps(uint32 epoch) public {
        vm.assume(epoch != 1 && epoch != 2);
        vm.expectPartialRevert(IDatasetRegistry.DatasetKeyEpochInvalid.selector);
        vm.prank(OWNER);
        datasets.publish(datasetId, firstHead(), "m", "k", "g", epoch, none);
    }

    function erase() private {
        vm.prank(OWNER);
        datasets.eraseDataset(datasetId);
    }

    /// The registry's own words, for as many as are asked for, unknown ones too.
    function testFuzz_slotsOf(uint8 count, bytes32 unknown) public {
        DatasetId[] memory ids = new DatasetId[](uint256(count % 8) + 1);
        for (uint256 i = 0; i + 1 < ids.length; ++i) {
            ids[i] = registerDataset(OWNER, keccak256(abi.encode("slot", i)));
        }
        ids[ids.length - 1] = DatasetId.wrap(unknown);
        uint256[] memory slots = datasets.slotsOf(ids);
        eq(slots.length, ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            Dataset memory dataset = datasets.datasetOf(ids[i]);
            uint256 wanted = uint256(uint160(dataset.owner)) | (uint256(dataset.keyEpoch) << 160)
                | (uint256(dataset.version) << 192) | (uint256(dataset.status) << 240);
            eq(slots[i], wanted);
        }
        eq(datasets.slotsOf(new DatasetId[](0)).length, 0);
    }
}
