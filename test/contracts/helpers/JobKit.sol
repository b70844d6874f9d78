// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {KEY_GUARDIAN} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit, Posted} from "./Kit.sol";
import {vm} from "./Vm.sol";

/// @dev What the tests of JobMarket share beyond a deployment: jobs apart from the first, other nodes, ways to end.
abstract contract JobKit is Kit {
    uint256 internal constant SECOND_KEY = 0xc001;
    uint256 internal constant THIRD_KEY = 0xc002;
    address internal constant THIRD_OPERATOR = address(0xb005);

    address internal immutable SECOND = vm.addr(SECOND_KEY);
    address internal immutable THIRD = vm.addr(THIRD_KEY);

    /// @dev The next call reverts with an error whose first argument is the job.
    function expect(Posted memory job, bytes4 selector, bytes memory rest) internal {
        vm.expectRevert(bytes.concat(selector, abi.encode(job.id), rest));
    }

    /// @dev One more open job on the grant of {makeTerms}.
    function openJob(bytes32 salt) internal returns (Posted memory) {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        return openJob(salt, terms);
    }

    function openJob(bytes32 salt, Terms memory terms) internal returns (Posted memory) {
        return openJob(salt, one(terms), FEE);
    }

    function openJob(bytes32 salt, Terms[] memory terms, uint96 fee) internal returns (Posted memory) {
        JobRequest memory request = makeRequest(terms);
        request.salt = salt;
        request.fee = fee;
        return submit(request, terms);
    }

    /// @dev Of a grant, given, that a node may fulfil whose stake was slashed.
    function makeLooseTerms() internal returns (Terms memory terms) {
        terms = makeTerms();
        terms.nodePolicy.minStake = 0;
        giveGrant(terms);
    }

    /// @dev A job claimed by the first node, with a result of up to `maxOutputBytes`.
    function claimedJob(bytes32 salt, Terms memory terms, uint32 maxOutputBytes) internal returns (Posted memory job) {
        JobRequest memory request = makeRequest(one(terms));
        request.salt = salt;
        request.maxOutputBytes = maxOutputBytes;
        job = submit(request, one(terms));
        claim(job);
    }

    /// @dev An open job whose requester wants this node and no other.
    function namedJob(NodeId named) internal returns (Posted memory) {
        Terms memory terms = makeTerms();
        terms.nodePolicy.requesterMayNameNode = true;
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.offer.namedNode = named;
        return submit(request, one(terms));
    }

    /// @dev A worker of a new operator claims.
    function claimAnew(Posted memory job, address operator, uint256 signerKey) internal {
        addWorker(operator, signerKey);
        claim(job, operator, vm.addr(signerKey));
    }

    /// @dev A node of its own with one guardian key.
    function addGuardian(address operator, uint256 signerKey) internal returns (NodeId id) {
        id = registerNode(operator, 3, uint96(STAKE));
        addKey(id, operator, signerKey, KEY_GUARDIAN);
    }

    /// @dev Brings the receipt of the current attempt.
    function settle(Posted memory job, uint16 code, uint256 signerKey) internal {
        settle(job, makeReceipt(job, market.jobOf(job.id).attempt, code), signerKey);
    }

    /// @dev Two failures; leaves the job claimed by the third node.
    function failTwice(Posted memory job, uint16 first, uint16 second) internal {
        settle(job, first, WORKER_KEY);
        claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
        settle(job, second, SECOND_KEY);
        claimAnew(job, THIRD_OPERATOR, THIRD_KEY);
    }

    function timeOut(Posted memory job) internal {
        vm.warp(uint256(market.jobOf(job.id).dueBy) + 1);
        market.timeOutJob(job.id, job.params);
    }

    function cancel(Posted memory job) internal {
        vm.prank(job.params.order.requester);
        market.cancelJob(job.id, job.params);
    }

    function statusOf(Posted memory job) internal view returns (JobStatus) {
        return market.jobOf(job.id).status;
    }

    function usesOf(Posted memory job) internal view returns (uint256) {
        return grants.grantOf(job.params.order.inputs[0].owner, job.params.order.inputs[0].grantHash).uses;
    }

    function collected() internal view returns (uint256) {
        return market.tokenOf(address(token)).collected;
    }

    function signed(Receipt memory receipt, uint256 signerKey) internal view returns (bytes memory) {
        return signature(signerKey, market.receiptDigest(receipt));
    }

    /// @dev The same signature with its s on the other half of the curve.
    function malleated(bytes memory low) internal pure returns (bytes memory) {
        (bytes32 r, uint256 s) = abi.decode(low, (bytes32, uint256));
        s = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141 - s;
        return abi.encodePacked(r, s, uint8(low[64]) == 27 ? 28 : 27);
    }
}
