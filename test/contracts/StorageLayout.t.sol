// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset} from "../../contracts/interfaces/IDatasetRegistry.sol";
import {EnclaveBinding, KEY_GUARDIAN} from "../../contracts/types/EnclaveBinding.sol";
import {DatasetId, GrantHash, JobId} from "../../contracts/types/Ids.sol";
import {Receipt} from "../../contracts/types/Receipt.sol";
import {Terms} from "../../contracts/types/Terms.sol";
import {Kit, Posted} from "./helpers/Kit.sol";
import {StubVerifier} from "./helpers/StubVerifier.sol";
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
    }

    function test_Grant_Slot0() public {
        vm.prank(OWNER);
        grants.revokeAll();
        rotateKeys(datasetId);
        Terms memory terms = makeTerms();
        terms.ownerEpoch = 1;
        terms.keyEpoch = 2;
        terms.measurementEpoch = uint40(START - 1);
        terms.followUpgrades = true;
        GrantHash grantHash = giveGrant(terms);
        submit(makeRequest(one(terms)), one(terms));
        bytes32 place = grantSlotOf(OWNER, grantHash);
        uint256 word = uint256(vm.load(address(grants), place));
        eq(uint8(word), 1); // status: active
        eq(uint32(word >> 8), 1); // uses
        eq(uint64(word >> 40), 2048); // outputBytes
        eq(uint32(word >> 104), 1); // ownerEpoch
        eq(uint32(word >> 136), 2); // keyEpoch
        eq(uint40(word >> 168), START - 1); // measurementEpoch
        eq(uint40(word >> 208), terms.expiresAt);
        eq(word >> 248, 1); // followUpgrades
        vm.prank(OWNER);
        grants.revoke(grantHash);
        eq(uint8(uint256(vm.load(address(grants), place))), 2); // status: revoked
    }

    /// A tombstone lies below its caller, not below the terms' owner.
    function test_Grant_TombstoneOfAStranger() public {
        GrantHash grantHash = grants.hashTerms(makeTerms());
        vm.prank(STRANGER);
        grants.revoke(grantHash);
        eq(uint256(vm.load(address(grants), grantSlotOf(STRANGER, grantHash))), 2);
        eq(uint256(vm.load(address(grants), grantSlotOf(OWNER, grantHash))), 0);
    }

    function test_OwnerEpoch_Slot1() public {
        vm.prank(OWNER);
        grants.revokeAll();
        eq(uint256(vm.load(address(grants), slotOf(wordOf(OWNER), 1))), 1);
    }

    function test_EnclaveKey_Slot0() public {
        bytes32 place = slotOf(wordOf(WORKER), 0);
        uint256 word = uint256(vm.load(address(nodes), place));
        eq(uint32(word), 1); // nodeId
        eq(uint8(word >> 32), 1); // keyClass: worker
        eq(uint8(word >> 40), 1); // state: active
        eq(uint8(word >> 48), 0); // verifierKind: simulated
        eq(uint8(word >> 56), 0); // vendor
        eq(uint40(word >> 64), START); // registeredAt
        eq(uint40(word >> 104), START + 7 days); // sealUntil
        eq(uint40(word >> 144), START + 7 days); // openUntil
        eq(uint40(word >> 184), START); // measurementEpoch
        eq(word >> 224, 0);
        eq(vm.load(address(nodes), plus(place, 1)), MEASUREMENT);
        eq(vm.load(address(nodes), plus(place, 2)), keccak256(abi.encode("kem", WORKER_KEY)));
        vm.startPrank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        eq(stateOf(place), 2);
        vm.stopPrank();
        nodes.freezeEnclaveKey(WORKER);
        eq(stateOf(place), 3);
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        eq(stateOf(place), 4);
    }

    /// Each field where it is, by values that are all different.
    function test_EnclaveKey_OfAGuardian() public {
        StubVerifier stub = new StubVerifier(3, false);
        nodes.allowVerifier(stub);
        vm.warp(START + 1 days);
        measurements.allow("next");
        vm.warp(START + 2 days);
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence =
            abi.encode(bytes32("next"), makeReport(binding, 0), uint40(START + 3 days), uint8(5));
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, stub, possession);
        bytes32 place = slotOf(wordOf(binding.signer), 0);
        uint256 word = uint256(vm.load(address(nodes), place));
        eq(uint8(word >> 32), 2); // keyClass: guardian
        eq(uint8(word >> 48), 3); // verifierKind
        eq(uint8(word >> 56), 5); // vendor
        eq(uint40(word >> 64), START + 2 days); // registeredAt
        eq(uint40(word >> 104), START + 92 days); // sealUntil
        eq(uint40(word >> 144), START + 402 days); // openUntil
        eq(word >> 184, START + 1 days); // measurementEpoch
        eq(vm.load(address(nodes), plus(place, 1)), "next");
    }

    function test_Job_Slot0() public {
        Posted memory job = openJob();
        bytes32 place = slotOf(JobId.unwrap(job.id), 0);
        uint256 word = uint256(vm.load(address(market), place));
        eq(uint168(word), uint256(1) << 160); // no signer; status: open
        vm.roll(block.number + 7);
        vm.warp(START + 9);
        claim(job);
        word = uint256(vm.load(address(market), place));
        eq(address(uint160(word)), WORKER);
        eq(uint8(word >> 160), 2); // status: claimed
        eq(uint8(word >> 168), 1); // attempt
        eq(uint8(word >> 176), 0); // tainted
        eq(uint32(word >> 184), block.number - 7); // raceBlock
        eq(uint32(word >> 216), START + 9 + 1 hours); // dueBy
        eq(word >> 248, 255); // claimDelay: there was no race
        bytes32 commitment = keccak256(abi.encode(orderHashOf(job), offerHashOf(job)));
        eq(vm.load(address(market), plus(place, 1)), commitment);

        Receipt memory receipt = makeReceipt(job, 1, 0);
        settle(job, receipt, WORKER_KEY);
        word = uint256(vm.load(address(market), place));
        eq(uint8(word >> 160), 3); // status: settled
        eq(vm.load(address(market), plus(place, 1)), market.receiptDigest(receipt));
        // Two slots, no more.
        eq(vm.load(address(market), plus(place, 2)), 0);
    }

    function test_Job_TaintOfATimeOut() public {
        Posted memory job = claimedJob();
        vm.warp(START + 1 hours + 1);
        market.timeOutJob(job.id, job.params);
        uint256 word = uint256(vm.load(address(market), slotOf(JobId.unwrap(job.id), 0)));
        eq(uint8(word >> 160), 5); // status: timed out
        eq(uint8(word >> 176), 1); // tainted
    }

    function testFuzz_Dataset_SlotHoldsWhatTheViewSays(address owner, bytes32 salt) public {
        vm.assume(owner != address(0));
        DatasetId id = registerDataset(owner, salt);
        Dataset memory dataset = datasets.datasetOf(id);
        uint256 word = uint256(vm.load(address(datasets), slotOf(DatasetId.unwrap(id), 0)));
        eq(word, uint256(uint160(owner)) | 1 << 160 | 1 << 192 | 1 << 240);
        eq(vm.load(address(datasets), plus(slotOf(DatasetId.unwrap(id), 0), 1)), dataset.headHash);
    }

    function stateOf(bytes32 place) private view returns (uint8) {
        return uint8(uint256(vm.load(address(nodes), place)) >> 40);
    }

    function grantSlotOf(address owner, GrantHash grantHash) private pure returns (bytes32) {
        return keccak256(abi.encode(grantHash, slotOf(wordOf(owner), 0)));
    }

    function wordOf(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function slotOf(bytes32 key, uint256 slot) private pure returns (bytes32) {
        return keccak256(abi.encode(key, slot));
    }

    function plus(bytes32 slot, uint256 offset) private pure returns (bytes32) {
        return bytes32(uint256(slot) + offset);
    }
}
