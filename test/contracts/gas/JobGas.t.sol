// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GrantHash} from "../../../contracts/types/Ids.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";
import {GasKit} from "./GasKit.sol";

/// @dev What the rarer calls about jobs, and governance's, cost.
/// hardhat-config: isolate = true
contract JobGasTest is GasKit {
    string private constant MARKET = "JobMarket";

    function test_Gas_submitJobWithSignatures() public {
        Terms memory terms = makeTerms();
        bytes[] memory signed = new bytes[](1);
        signed[0] = sign(terms);
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(makeRequest(one(terms)), one(terms), signed);
        record(MARKET, "submitJobWithSignatures (1 new grant)");
    }

    function test_Gas_requestRead() public {
        Terms memory terms = makeTerms();
        (terms.kind, terms.notBefore) = (GRANT_READ, uint40(START + 1 days));
        giveGrant(terms);
        vm.warp(START + 1 days);
        vm.prank(REQUESTER);
        market.requestRead("read", "spec", "bundle", one(terms));
        record(MARKET, "requestRead (first of its token)");
        vm.prank(REQUESTER);
        market.requestRead("again", "spec", "bundle", one(terms));
        record(MARKET, "requestRead");
    }

    function test_Gas_Ends() public {
        Posted memory job = openJobOn("first");
        vm.warp(block.timestamp + 2 hours);
        vm.prank(REQUESTER);
        market.cancelJob(job.id, job.params);
        record(MARKET, "cancelJob (first refund)");
        job = openJobOn("second");
        claim(job);
        vm.warp(uint256(market.jobOf(job.id).dueBy) + 1);
        market.timeOutJob(job.id, job.params);
        record(MARKET, "timeOutJob (slashes)");
        market.burnProtocolFees(address(token));
        record(MARKET, "burnProtocolFees");
    }

    function test_Gas_slashEquivocation() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        Receipt memory failure = makeReceipt(job, 1, 1);
        bytes memory first = signature(WORKER_KEY, market.receiptDigest(receipt));
        bytes memory second = signature(WORKER_KEY, market.receiptDigest(failure));
        market.slashEquivocation(receipt, first, failure, second);
        record(MARKET, "slashEquivocation");
    }

    function test_Gas_JobRules() public {
        market.allowToken(address(authority), 100, 1e16);
        record(MARKET, "allowToken");
        market.removeToken(address(authority));
        record(MARKET, "removeToken");
        measurements.allow("supervisor 2");
        record("MeasurementPolicy", "allow");
        measurements.ban("supervisor 2");
        record("MeasurementPolicy", "ban");
    }

    function sign(Terms memory terms) private view returns (bytes memory) {
        return signature(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
    }
}
