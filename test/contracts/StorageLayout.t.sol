// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnclaveKey} from "../../contracts/interfaces/INodeRegistry.sol";
import {Dataset} from "../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetId, GrantHash, JobId} from "../../contracts/types/Ids.sol";
import {JobParams} from "../../contracts/types/JobParams.sol";
import {Receipt} from "../../contracts/types/Receipt.sol";
import {Terms} from "../../contracts/types/Terms.sol";
import {Kit} from "./helpers/Kit.sol";
import {vm} from "./helpers/Vm.sol";

/// @dev Enclaves and guardians read these slots through proofs: they are as much interface as a function is.
contract StorageLayoutTest is Kit {
    function test_Dataset_Slot0() public {
        rotateKeys(datasetId);
        bytes32 place = slotOf(DatasetId.unwrap(datasetId), 0);
        uint256 word = uint256(vm.load(address(datasets), place));
        eq(address(uint160(word)), OWNER);
        eq(uint32(word >> 160), 2); // keyEpoch
        eq(uint48(word >> 192), 2); // version
        eq(uint8(word >> 240), 1); // status: active
        eq(word >> 248, 0);
        eq(vm.load(address(datasets), plus(place, 1)), datasets.datasetOf(datasetId).headHash);
        vm.prank(OWNER);
        datasets.eraseDataset(datasetId);
        eq(uint8(uint256(vm.load(address(datasets), place)) >> 240), 3); // status: erasing
        vm.warp(START + 7 days);
        datasets.concludeErasure(datasetId);
        eq(uint8(uint256(vm.load(address(datasets), place)) >> 240), 2); // status: erased
    }

    function test_Grant_Slot0() public {
        Terms memory terms = makeTerms();
        terms.followUpgrades = true;
        GrantHash grantHash = giveGrant(terms);
        submit(makeParams(one(terms)), one(terms));
        bytes32 place = slotOf(GrantHash.unwrap(grantHash), 0);
        uint256 word = uint256(vm.load(address(grants), place));
        eq(uint8(word), 1); // status: active
        eq(uint32(word >> 8), 1); // uses
        eq(uint64(word >> 40), 2048); // outputBytes
        eq(uint32(word >> 104), 0); // ownerEpoch
        eq(uint32(word >> 136), 1); // keyEpoch
        eq(uint32(word >> 168), 1); // measurementEpoch
        eq(uint40(word >> 200), terms.expiresAt);
        eq(uint8(word >> 240), 1); // followUpgrades
        eq(word >> 248, 0);
        vm.prank(OWNER);
        grants.revoke(terms);
        eq(uint8(uint256(vm.load(address(grants), place))), 2); // status: revoked
    }

    function test_OwnerEpoch_Slot1() public {
        vm.prank(OWNER);
        grants.revokeAll();
        eq(uint256(vm.load(address(grants), slotOf(bytes32(uint256(uint160(OWNER))), 1))), 1);
    }

    function test_EnclaveKey_Slot0() public view {
        bytes32 place = slotOf(bytes32(uint256(uint160(WORKER))), 0);
        uint256 word = uint256(vm.load(address(nodes), place));
        EnclaveKey memory key = nodes.enclaveKeyOf(WORKER);
        eq(uint32(word), 1); // nodeId
        eq(uint8(word >> 32), 1); // keyClass: worker
        eq(uint8(word >> 40), 1); // state: active
        eq(uint8(word >> 48), 0); // verifierKind: simulated
        eq(uint8(word >> 56), 0); // vendor
        eq(uint40(word >> 64), START); // registeredAt
        eq(uint40(word >> 104), START + 7 days); // sealUntil
        eq(uint40(word >> 144), START + 7 days); // openUntil
        eq(word >> 184, 0);
        eq(vm.load(address(nodes), plus(place, 1)), MEASUREMENT);
        eq(vm.load(address(nodes), plus(place, 2)), key.kemKeyHash);
    }

    function test_Job_Slot0() public {
        JobParams memory params = claimedJob();
        bytes32 place = slotOf(JobId.unwrap(idOf(params)), 0);
        uint256 word = uint256(vm.load(address(market), place));
        eq(address(uint160(word)), WORKER);
        eq(uint8(word >> 160), 2); // status: claimed
        eq(uint8(word >> 168), 1); // attempt
        eq(uint8(word >> 176), 0); // tainted
        eq(uint40(word >> 184), params.deadline);
        eq(uint32(word >> 224), block.number); // createdBlock
        eq(vm.load(address(market), plus(place, 1)), keccak256(abi.encode(params)));
        Receipt memory receipt = makeReceipt(params, 1, 16);
        settle(params, receipt, WORKER_KEY);
        word = uint256(vm.load(address(market), place));
        eq(uint8(word >> 160), 4); // status: failed
        eq(uint8(word >> 176), 1); // tainted
        eq(vm.load(address(market), plus(place, 2)), market.receiptDigest(receipt));
    }

    function testFuzz_Dataset_SlotHoldsWhatTheViewSays(address owner, bytes32 salt) public {
        vm.assume(owner != address(0));
        DatasetId id = registerDataset(owner, salt);
        Dataset memory dataset = datasets.datasetOf(id);
        uint256 word = uint256(vm.load(address(datasets), slotOf(DatasetId.unwrap(id), 0)));
        eq(word, uint256(uint160(owner)) | 1 << 160 | 1 << 192 | 1 << 240);
        eq(vm.load(address(datasets), plus(slotOf(DatasetId.unwrap(id), 0), 1)), dataset.headHash);
    }

    function slotOf(bytes32 key, uint256 slot) private pure returns (bytes32) {
        return keccak256(abi.encode(key, slot));
    }

    function plus(bytes32 slot, uint256 offset) private pure returns (bytes32) {
        return bytes32(uint256(slot) + offset);
    }
}
