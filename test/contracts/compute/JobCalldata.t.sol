// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {AvailabilityProof} from "../../../contracts/types/Availability.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The market hashes words of calldata as they are. A word with dirty high bits must never stand for a clean one.
contract JobCalldataTest is JobKit {
    error DirtyWordTaken(uint256 word);

    /// All but salt, spec and bundle, which have no high bits to spare.
    function test_submitJob() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        bytes memory data = abi.encodeCall(IJobMarket.submitJob, (makeRequest(one(terms)), one(terms)));
        expectDirtyRefused(data, REQUESTER, 3);
        eq(token.balanceOf(address(market)), uint256(PRICE) + FEE + PROTOCOL_FEE);
    }

    /// Where a node may be named, too: then what the request says of it is not compared with anything.
    function test_submitJob_NodeMayBeNamed() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.requesterMayNameNode = true;
        giveGrant(terms);
        bytes memory data = abi.encodeCall(IJobMarket.submitJob, (makeRequest(one(terms)), one(terms)));
        expectDirtyRefused(data, REQUESTER, 3);
    }

    function test_submitJobWithSignatures() public {
        Terms memory terms = makeTerms();
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
        JobRequest memory request = makeRequest(one(terms));
        bytes memory data = abi.encodeCall(IJobMarket.submitJobWithSignatures, (request, one(terms), signatures));
        expectDirtyRefused(data, REQUESTER, 3);
    }

    function test_requestRead() public {
        Terms memory terms = makeTerms();
        (terms.kind, terms.notBefore) = (GRANT_READ, uint40(START + 1 days));
        giveGrant(terms);
        vm.warp(START + 1 days);
        bytes32 x = "x";
        bytes memory data = abi.encodeCall(IJobMarket.requestRead, (x, x, x, one(terms)));
        expectDirtyRefused(data, REQUESTER, 3);
    }

    function test_claimJob() public {
        Posted memory job = openJob();
        bytes memory data =
            abi.encodeCall(IJobMarket.claimJob, (job.id, job.params.offer, orderHashOf(job), WORKER));
        expectDirtyRefused(data, OPERATOR, 0);
        eq(market.jobOf(job.id).signer, WORKER);
    }

    function test_settleJob() public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        expectDirtyRefused(abi.encodeCall(IJobMarket.settleJob, (settlement)), STRANGER, 0);
        yes(statusOf(job) == JobStatus.Settled);
    }

    function test_settleMany() public {
        Posted memory job = claimedJob();
        Settlement[] memory list = new Settlement[](1);
        list[0] = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        expectDirtyRefused(abi.encodeCall(IJobMarket.settleMany, (list)), STRANGER, 0);
    }

    function test_settleAvailable() public {
        addGuardian(SECOND_OPERATOR, SECOND_KEY);
        addGuardian(THIRD_OPERATOR, THIRD_KEY);
        Posted memory job = claimedJob();
        Settlement[] memory list = new Settlement[](1);
        list[0] = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        list[0].ciphertext = "";
        bytes32 digest = market.availabilityDigest(list);
        AvailabilityProof[] memory proofs = new AvailabilityProof[](2);
        proofs[0] = AvailabilityProof(SECOND, signature(SECOND_KEY, digest));
        proofs[1] = AvailabilityProof(THIRD, signature(THIRD_KEY, digest));
        bytes memory data = abi.encodeCall(IJobMarket.settleAvailable, (list, proofs));
        expectDirtyRefused(data, STRANGER, 0, 16);
        // Word 16 says where the ciphertext is: beyond the calldata it is as empty as it must be.
        expectDirtyRefused(data, STRANGER, 17);
        yes(statusOf(job) == JobStatus.Settled);
    }

    function test_failJob() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 1);
        bytes memory proof = signed(receipt, WORKER_KEY);
        bytes memory data = abi.encodeCall(IJobMarket.failJob, (job.id, job.params, receipt, proof));
        expectDirtyRefused(data, STRANGER, 0);
        yes(statusOf(job) == JobStatus.Failed);
    }

    function test_timeOutJob() public {
        Posted memory job = claimedJob();
        vm.warp(START + 1 days);
        expectDirtyRefused(abi.encodeCall(IJobMarket.timeOutJob, (job.id, job.params)), STRANGER, 0);
    }

    function test_cancelJob() public {
        Posted memory job = openJob();
        vm.warp(START + 1 days);
        expectDirtyRefused(abi.encodeCall(IJobMarket.cancelJob, (job.id, job.params)), REQUESTER, 0);
    }

    function test_slashEquivocation() public {
        Posted memory job = claimedJob();
        (Receipt memory a, Receipt memory b) = (makeReceipt(job, 1, 1), makeReceipt(job, 1, 2));
        bytes memory data = abi.encodeCall(
            IJobMarket.slashEquivocation, (a, signed(a, WORKER_KEY), b, signed(b, WORKER_KEY))
        );
        expectDirtyRefused(data, STRANGER, 0);
    }

    /// Not only high bits: no other word at all.
    function testFuzz_cancelJob_AnyBit(uint256 bit) public {
        Posted memory job = openJob();
        vm.warp(START + 1 days);
        expectFlippedRefused(abi.encodeCall(IJobMarket.cancelJob, (job.id, job.params)), REQUESTER, bit);
    }

    function testFuzz_timeOutJob_AnyBit(uint256 bit) public {
        Posted memory job = claimedJob();
        vm.warp(START + 1 days);
        expectFlippedRefused(abi.encodeCall(IJobMarket.timeOutJob, (job.id, job.params)), STRANGER, bit);
    }

    function testFuzz_claimJob_AnyBit(uint256 bit) public {
        Posted memory job = openJob();
        bytes memory data =
            abi.encodeCall(IJobMarket.claimJob, (job.id, job.params.offer, orderHashOf(job), WORKER));
        expectFlippedRefused(data, OPERATOR, bit);
    }

    function testFuzz_releasable_AnyBit(uint256 bit) public {
        Posted memory job = claimedJob();
        bytes memory data = abi.encodeCall(IJobMarket.releasable, (job.id, job.params, 0, WORKER));
        bit = bound(bit, 0, 8 * (data.length - 4) - 1);
        data[4 + bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool success, bytes memory answer) = address(market).staticcall(data);
        yes(!success || !abi.decode(answer, (bool)));
    }

    /// @dev The highest bit of each word from the `from`th on; then the call as it should be.
    function expectDirtyRefused(bytes memory data, address caller, uint256 from) private {
        expectDirtyRefused(data, caller, from, (data.length + 27) / 32);
        yes(send(data, caller));
    }

    function expectDirtyRefused(bytes memory data, address caller, uint256 from, uint256 to) private {
        for (uint256 i = from; i < to; ++i) {
            data[4 + 32 * i] ^= 0x80;
            if (send(data, caller)) revert DirtyWordTaken(i);
            data[4 + 32 * i] ^= 0x80;
        }
    }

    function expectFlippedRefused(bytes memory data, address caller, uint256 bit) private {
        bit = bound(bit, 0, 8 * (data.length - 4) - 1);
        data[4 + bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        yes(!send(data, caller));
    }

    function send(bytes memory data, address caller) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(market).call(data);
    }
}
