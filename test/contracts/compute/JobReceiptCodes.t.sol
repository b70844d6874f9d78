// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";

/// @dev A receipt with a code is no result, and one without is no failure, whatever else it says.
contract JobReceiptCodesTest is JobKit {
    function test_RevertWhen_ResultHasAFailuresCode() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        receipt.code = 1;
        Settlement memory settlement = makeSettlement(job, receipt, WORKER_KEY);
        expect(job, IJobMarket.ReceiptCodeInvalid.selector, abi.encode(1));
        market.settleJob(settlement);
    }

    function test_RevertWhen_FailureHasNoCodeOfOne() public {
        Posted memory job = claimedJob();
        uint16[3] memory codes = [uint16(0), 64, type(uint16).max];
        for (uint256 i = 0; i < codes.length; ++i) {
            Receipt memory receipt = makeReceipt(job, 1, 1);
            receipt.code = codes[i];
            bytes memory signature_ = signed(receipt, WORKER_KEY);
            expect(job, IJobMarket.ReceiptCodeInvalid.selector, abi.encode(codes[i]));
            market.failJob(job.id, job.params, receipt, signature_);
        }
    }

    function test_failJob_WithTheLastCode() public {
        Posted memory job = claimedJob();
        settle(job, 63);
        yes(statusOf(job) == JobStatus.Open);
    }

    /// The last of the proved ones, after a release: the node is paid and so are the owners.
    function test_failJob_WithTheLastProvedCode() public {
        Posted memory job = claimedJob();
        settle(job, 31);
        yes(statusOf(job) == JobStatus.Failed);
        eq(owed(OPERATOR), FEE);
        eq(owed(OWNER), PRICE);
    }
}
